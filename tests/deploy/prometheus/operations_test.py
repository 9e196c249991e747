"""Alert rules, what is said of them, and the dashboard.

    python3 tests/deploy/prometheus/operations_test.py

Goal: each rule fires for its cause and for nothing else, is explained, and neither a rule nor a
panel asks for a metric, a label or a value that the service does not have.
Method: promtool checks and tests the rules, and reads each query of the dashboard as a rule; names
are held against METRICS.md. Without promtool this is skipped, with WEIR_CI=1 it fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/prometheus/alerts.yaml"
TESTS = ROOT / "deploy/prometheus/alerts_test.yaml"
DASHBOARD = ROOT / "deploy/grafana/weir.json"
SKIPPED = 77  # what ctest takes for skipped
CANNOT_BE_HAD = 69  # what tool.sh ends with then

# What is there of every scraped metric, and of every histogram.
COMMON = {"job", "instance"}
HISTOGRAM = {"_bucket", "_sum", "_count"}
SCRAPED = {"up": set()}

promtool: str


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the lines of tables that begin with `first`."""
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith(f"| `{first}")]  # fmt: skip


def metrics() -> dict[str, set[str]]:
    """The labels of each metric."""
    text = (ROOT / "connectors/http/METRICS.md").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for name, kind, labels, *_ in rows(text, "weir_"):
        names = {label for label in re.findall(r"`(\w+)`", labels)}
        found[name.strip("`")] = names
        if kind == "histogram":
            found |= {name.strip("`") + end: names | {"le"} for end in HISTOGRAM}
    return found | SCRAPED


def values(label: str) -> set[str]:
    """What METRICS.md says that a label of verdicts or outcomes may be."""
    text = (ROOT / "connectors/http/METRICS.md").read_text(encoding="utf-8")
    (row,) = (row for row in rows(text, label) if row[0] == f"`{label}`" and len(row) == 2)
    return set(re.findall(r"`([\w.]+)`", row[1]))


def rules() -> dict[str, dict[str, str]]:
    """The parts of each rule as texts."""
    text = RULES.read_text(encoding="utf-8")
    found = {}
    for block in re.split(r"\n      - alert: ", text)[1:]:
        name, rest = block.split("\n", 1)
        parts = re.split(r"\n {8}(?=\w+:)", "\n" + rest)[1:]
        found[name] = {part.split(":", 1)[0]: part.split(":", 1)[1] for part in parts}
    return found


def expression(rule: dict[str, str]) -> str:
    return re.sub(r"\s+", " ", rule["expr"].replace(">-", "").split("# site")[0]).strip()


def panels() -> list[dict]:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def queries() -> list[tuple[str, str]]:
    """Each query of the dashboard, with the legend that is made of its labels."""
    return [(t["expr"], t["legendFormat"]) for p in panels() for t in p.get("targets", ())]


class NamesTest(unittest.TestCase):
    """Rules and panels ask for what there is."""

    def check(self, query: str, shown: str = "") -> None:
        known = metrics()
        bare = re.sub(r'"[^"]*"', '""', query)
        names = set(re.findall(r"\b(?:weir_\w+|up)\b", bare))
        self.assertTrue(names, query)
        self.assertEqual(names - set(known), set(), query)
        for name, selector in re.findall(r"\b(weir_\w+|up)\{([^}]*)\}", query):
            asked = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"([^\"]*)\"", selector)
            self.assertEqual({k for k, _ in asked} - known[name] - COMMON, set(), query)
            for label, value in asked:
                if label in ("verdict", "outcome"):
                    self.assertEqual(set(value.split("|")) - values(label), set(), query)
        there = set().union(*(known[name] for name in names)) | COMMON
        groups = ", ".join(re.findall(r"\b(?:by|on|without) \(([^)]*)\)", bare))
        used = set(re.findall(r"\w+", groups)) | set(re.findall(r"\$labels\.(\w+)", shown))
        self.assertEqual(used - there, set(), query)

    def test_rules(self) -> None:
        self.assertGreater(len(rules()), 15)
        for name, rule in rules().items():
            with self.subTest(name):
                self.check(expression(rule), rule["annotations"])

    def test_labels_that_texts_name_are_left_by_the_query(self) -> None:
        for name, rule in rules().items():
            groups = re.findall(r"\bby \(([^)]*)\)", expression(rule))
            for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]) if groups else ():
                self.assertIn(label, groups[0], name)

    def test_panels(self) -> None:
        self.assertGreater(len(queries()), 50)
        for query, legend in queries():
            self.check(query, legend.replace("{{", "$labels."))

    def test_most_metrics_are_on_the_dashboard(self) -> None:
        shown = " ".join(query for query, _ in queries())
        left_out = {name for name in metrics() if not name.endswith(tuple(HISTOGRAM))
                    and name not in shown}  # fmt: skip
        self.assertEqual(left_out, set())


class RulesTest(unittest.TestCase):
    def run_promtool(self, *words: str | Path) -> None:
        done = subprocess.run([promtool, *map(str, words)], capture_output=True, text=True,
                              check=False, timeout=120)  # fmt: skip
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-4000:])

    def test_check(self) -> None:
        self.run_promtool("check", "rules", RULES)
        self.run_promtool("check", "config", ROOT / "deploy/prometheus/prometheus.yaml")

    def test_each_fires_for_its_cause_alone(self) -> None:
        self.run_promtool("test", "rules", TESTS)

    def test_each_is_tested(self) -> None:
        text = TESTS.read_text(encoding="utf-8")
        fired = set(re.findall(r'alertname="(\w+)"', text)) | set(
            re.findall(r"alertname: (\w+)", text))  # fmt: skip
        self.assertEqual(fired, set(rules()))

    def test_each_says_what_it_is(self) -> None:
        for name, rule in rules().items():
            with self.subTest(name):
                self.assertRegex(rule["labels"], r"\{severity: (page|warn)\}")
                for part in ("summary", "description", "runbook"):
                    self.assertRegex(rule["annotations"], rf"\b{part}: .")

    def test_queries_of_the_dashboard_are_promql(self) -> None:
        lines = ["groups:", "- name: dashboard", "  rules:"]
        for n, (query, _) in enumerate(queries()):
            plain = query.replace("$__rate_interval", "5m").replace("$instance", ".*")
            self.assertNotIn("$", plain)
            lines += [f"  - record: panel:query:{n}", f"    expr: {json.dumps(plain)}"]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            self.run_promtool("check", "rules", file.name)


class DocumentTest(unittest.TestCase):
    """deploy/ALERTS.md and the rules say the same alerts."""

    text = (ROOT / "deploy/ALERTS.md").read_text(encoding="utf-8")

    def sections(self) -> dict[str, str]:
        parts = re.split(r"^## ", self.text, flags=re.MULTILINE)[1:]
        return {title: body for title, body in (part.split("\n", 1) for part in parts)
                if title.startswith("Weir")}  # fmt: skip

    def test_each_is_explained(self) -> None:
        self.assertEqual(set(self.sections()), set(rules()))
        for name, body in self.sections().items():
            with self.subTest(name):
                told = re.findall(r"^\*\*(\w+):\*\* \S", body, flags=re.MULTILINE)
                self.assertEqual(told, ["Means", "Look", "Do"])

    def test_each_leads_to_its_section(self) -> None:
        for name, rule in rules().items():
            self.assertIn(f"runbook: deploy/ALERTS.md#{name.lower()}\n", rule["annotations"] + "\n")

    def test_panels_that_are_named_exist(self) -> None:
        titles = {panel["title"] for panel in panels()}
        named = set()
        for group in re.findall(r"panels? ((?:\*[^*]+\*(?: and )?)+)", self.text):
            named |= set(re.findall(r"\*([^*]+)\*", group))
        self.assertTrue(named)
        self.assertEqual(named - titles, set())


class DashboardTest(unittest.TestCase):
    def test_it_is_what_the_script_writes(self) -> None:
        subprocess.run([sys.executable, ROOT / "deploy/grafana/dashboard.py", "--check"],
                       check=True)  # fmt: skip

    def test_form(self) -> None:
        board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        rows = [p["title"] for p in board["panels"] if p["type"] == "row"]
        for word in ("Health", "Flow", "Storms", "Codes", "Commits", "Partitions", "Shadow",
                     "Policy"):  # fmt: skip
            self.assertTrue(any(row.startswith(word) for row in rows), word)
        variables = {v["name"] for v in board["templating"]["list"]}
        self.assertEqual(variables, {"datasource", "instance"})
        ids = [p["id"] for p in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in board["panels"]:
            if panel["type"] == "row":
                continue
            with self.subTest(panel["title"]):
                self.assertTrue(panel["description"].endswith((".", "?")))
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                    self.assertIn('instance=~"$instance"', target["expr"])

    def test_no_panel_lies_on_another(self) -> None:
        taken: dict[tuple[int, int], str] = {}
        for panel in panels():
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken[x, y] = panel["title"]


def main() -> None:
    global promtool
    done = subprocess.run([ROOT / "deploy/prometheus/tool.sh", "promtool"], capture_output=True,
                          text=True, check=False, timeout=240)  # fmt: skip
    if done.returncode == CANNOT_BE_HAD:
        in_ci = os.environ.get("WEIR_CI") == "1"
        verdict = "FAILED" if in_ci else "SKIPPED: NOTHING OF THIS WAS TESTED"
        print(f"{'#' * 80}\n# {verdict}\n# {done.stderr}{'#' * 80}", file=sys.stderr, flush=True)
        sys.exit(1 if in_ci else SKIPPED)
    if done.returncode != 0:
        sys.exit(done.stderr)
    promtool = done.stdout.strip()
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
