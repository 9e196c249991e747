"""Writes the dashboard for Grafana, weir.json, or says whether it is what this would write.

    python3 deploy/grafana/dashboard.py > deploy/grafana/weir.json
    python3 deploy/grafana/dashboard.py --check

The panels are below, row by row; the rest is how Grafana, 9 or later, wants them. I stands for the
choice of instances; a query may have `|` and a legend behind it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GRAFANA = "9.0.0"
SCHEMA = 36
WIDTH = 24
I = 'instance=~"$instance"'  # noqa: E741
RATE = "$__rate_interval"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{I}{more}}}[{RATE}]))"


def total(metric: str, by: str = "", more: str = "", of: str = "sum") -> str:
    return f"{of} by ({by}) ({metric}{{{I}{more}}})" if by else f"{of}({metric}{{{I}{more}}})"


def quantile(share: float, metric: str) -> str:
    return f"histogram_quantile({share}, {rate(metric + '_bucket', 'le')}) | {share:.0%}"


# (title, what it says, kind, unit, width, queries)
ROWS = [
    ("Health", [
        ("Instances ready", "Of those that are scraped. One that is not for long is WeirNotReady.",
         "stat", "none", 4, [f"sum(up{{{I}}}) | answer", f"{total('weir_ready')} | ready"]),
        ("Partitions processed", "Owned and not being restored.",
         "stat", "none", 4,
         [f"{total('weir_partitions_owned')} - {total('weir_partitions_restoring')}"]),
        ("Partitions being restored", "Their records wait.", "stat", "none", 4,
         [total("weir_partitions_restoring")]),
        ("Furthest behind", "Of all partitions.", "stat", "s", 4,
         [total("weir_lag_seconds", of="max")]),
        ("Without a local store", "Workers whose local store failed: a start takes longer then.",
         "stat", "none", 4, [total("weir_store_degraded")]),
        ("Different policies", "More than one for long is WeirPoliciesDiffer.", "stat", "none", 4,
         [f"count(count by (digest) (weir_policy_info{{{I}}}))"]),
        ("Memory", "Resident memory of each process.", "timeseries", "bytes", 8,
         [f"weir_memory_resident_bytes{{{I}}} | {{{{instance}}}}"]),
        ("Counter tables", "Memory for the keys that are counted, by partition.", "timeseries",
         "bytes", 8, [f"weir_counter_table_bytes{{{I}}} | {{{{partition}}}}"]),
        ("Up for", "Since the process began; a step down to nothing is a start.", "timeseries", "s",
         8, [f"time() - weir_start_timestamp_seconds{{{I}}} | {{{{instance}}}}"]),
        ("Versions", "What runs where.", "table", "none", 8, [f"weir_build_info{{{I}}}"]),
        ("Fences and rebalances", "In 10 minutes. Fences again and again: two processes of one "
         "name.", "timeseries", "none", 8,
         [f"sum by (instance) (increase(weir_fences_total{{{I}}}[10m])) | fences {{{{instance}}}}",
          f"sum by (instance) (increase(weir_rebalances_total{{{I}}}[10m]))"
          " | rebalances {{instance}}"]),
        ("Writes to the local store", "Those that failed should be none.", "timeseries", "ops", 8,
         [rate("weir_store_writes_total", "instance") + " | written {{instance}}",
          rate("weir_store_failures_total", "instance") + " | failed {{instance}}"]),
    ]),
    ("Flow", [
        ("Records read", "By instance.", "timeseries", "ops", 8,
         [rate("weir_records_read_total", "instance") + " | {{instance}}"]),
        ("Bytes read", "Keys and values of the records read.", "timeseries", "Bps", 8,
         [rate("weir_read_bytes_total", "instance") + " | {{instance}}"]),
        ("Alerts by verdict", "What became of alerts. A copy stands for alerts held back as well.",
         "timeseries", "ops", 8, [rate("weir_alerts_total", "verdict") + " | {{verdict}}"]),
        ("Share held back", "Of alerts that were forwarded, passed as a copy or held back.",
         "timeseries", "percentunit", 8,
         [f"sum(rate(weir_alerts_total{{{I},verdict=\"consolidated\"}}[{RATE}])) / "
          f"sum(rate(weir_alerts_total{{{I},verdict!=\"duplicate\"}}[{RATE}])) | held back"]),
        ("Records produced", "By output stream.", "timeseries", "ops", 8,
         [rate("weir_records_produced_total", "stream") + " | {{stream}}"]),
        ("Dead letters", "By reason: what cannot be decoded or processed.", "timeseries", "ops", 8,
         [rate("weir_dead_letters_total", "reason") + " | {{reason}}"]),
        ("Requests", "Service requests by what was decided and why.", "timeseries", "ops", 8,
         [rate("weir_requests_total", "decision, reason") + " | {{decision}} {{reason}}"]),
        ("Notices", "Load switching, and devices that left the inventory.", "timeseries", "ops", 8,
         [rate("weir_switch_notices_total", "routed") + " | load switching, routed: {{routed}}",
          rate("weir_removals_total", "job") + " | removals"]),
        ("Written to changelogs", "Bytes by changelog.", "timeseries", "Bps", 8,
         [rate("weir_changelog_bytes_total", "changelog") + " | {{changelog}}"]),
    ]),
    ("Storms", [
        ("Storms now", "Open episodes: a device, a code and a recipient above the threshold.",
         "stat", "none", 6, [total("weir_open_episodes")]),
        ("Storms over time", "By instance.", "timeseries", "none", 9,
         [total("weir_open_episodes", "instance") + " | {{instance}}"]),
        ("Storms that start and end", "In 10 minutes.", "timeseries", "none", 9,
         [f"sum(increase(weir_episodes_started_total{{{I}}}[10m])) | started",
          f"sum(increase(weir_episodes_ended_total{{{I}}}[10m])) | ended"]),
    ]),
    ("Codes (the running 3 minutes)", [
        ("Alerts by code", "In the running 3 minutes of stream time; the ten with most.",
         "timeseries", "none", 8,
         [f"topk(10, {total('weir_recent_alerts', 'code')}) | {{{{code}}}}"]),
        ("Devices by code", "Distinct devices, estimated. Many devices that say it once are a "
         "burst, as in an outage; few that repeat themselves are a storm.", "timeseries", "none", 8,
         [f"topk(10, {total('weir_recent_devices', 'code')}) | {{{{code}}}}"]),
        ("Alerts a device by code", "Near one: a burst. Three and more: devices repeat themselves.",
         "timeseries", "none", 8,
         [f"topk(10, {total('weir_recent_alerts', 'code')} / "
          f"({total('weir_recent_devices', 'code')} > 0)) | {{{{code}}}}"]),
        ("Held back by code", "The ten with most.", "timeseries", "ops", 12,
         [f"topk(10, {rate('weir_code_consolidated_alerts_total', 'code')}) | {{{{code}}}}"]),
        ("Held back by code, the last day", "Alerts.", "table", "none", 12,
         [f"topk(20, sum by (code) (increase(weir_code_consolidated_alerts_total{{{I}}}[1d])))"]),
    ]),
    ("Commits", [
        ("Commits by outcome", "Rolled back and lost ones are done again.", "timeseries", "ops", 8,
         [rate("weir_commits_total", "outcome") + " | {{outcome}}"]),
        ("Duration of commits", "From the begin of a commit to its outcome.", "timeseries", "s", 8,
         [quantile(0.5, "weir_commit_duration_seconds"),
          quantile(0.99, "weir_commit_duration_seconds")]),
        ("Records in a commit", "Of the input.", "timeseries", "none", 8,
         [quantile(0.5, "weir_commit_records"), quantile(0.99, "weir_commit_records")]),
        ("Since the last commit", "By worker; it grows while nothing comes as well.", "timeseries",
         "s", 12, [f"time() - (weir_last_commit_timestamp_seconds{{{I}}} > 0)"
                   " | {{instance}} {{worker}}"]),
        ("Producers made anew", "After a failed commit, in 10 minutes.", "timeseries", "none", 12,
         [f"sum by (instance) (increase(weir_producer_restarts_total{{{I}}}[10m]))"
          " | {{instance}}"]),
    ]),
    ("Partitions", [
        ("Lag", "Records not processed yet, by partition.", "timeseries", "none", 8,
         [f"weir_lag_records{{{I}}} | {{{{partition}}}}"]),
        ("Behind", "How much later the log got its newest record than the last one processed.",
         "timeseries", "s", 8, [f"weir_lag_seconds{{{I}}} | {{{{partition}}}}"]),
        ("Stream time against the clock", "It stands still while no records come.", "timeseries",
         "s", 8, [f"time() - weir_stream_timestamp_seconds{{{I}}} | {{{{partition}}}}"]),
        ("Live keys", "Alert keys in the counter tables.", "timeseries", "none", 8,
         [f"weir_live_keys{{{I}}} | {{{{partition}}}}"]),
        ("Restored", "Share of the records that a restoration has to read.", "timeseries",
         "percentunit", 8,
         [f"weir_restore_records{{{I}}} / (weir_restore_target_records{{{I}}} > 0)"
          " | {{partition}}"]),
        ("Restorations take", "The one under way, else the last.", "timeseries", "s", 8,
         [f"weir_restore_duration_seconds{{{I}}} | {{{{partition}}}}"]),
        ("Partitions by worker", "Those being restored included.", "timeseries", "none", 12,
         [f"weir_partitions_owned{{{I}}} | {{{{instance}}}} {{{{worker}}}}"]),
        ("Idle partitions moved on", "Times that the clock moved the stream time of a partition "
         "without records, in 10 minutes.", "timeseries", "none", 12,
         [f"sum by (instance) (increase(weir_idle_advances_total{{{I}}}[10m]))"
          " | {{instance}}"]),
    ]),
    ("Shadow", [
        ("Held back, live against shadow", "The same alerts under both policies, since the shadow "
         "began.", "timeseries", "none", 8,
         [f'sum by (policy) (weir_shadow_alerts{{{I},verdict="consolidated"}}) | {{{{policy}}}}']),
        ("Passed on, live against shadow", "Forwarded, copies included, since the shadow began.",
         "timeseries", "none", 8,
         [f'sum by (policy) (weir_shadow_alerts{{{I},verdict=~"forwarded|copy"}})'
          " | {{policy}}"]),
        ("Storms started, live against shadow", "Since the shadow began.", "timeseries", "none", 8,
         [f"sum by (policy) (weir_shadow_episodes_started{{{I}}}) | {{{{policy}}}}"]),
    ]),
    ("Policy", [
        ("Digests", "Which policy each instance has.", "table", "none", 8,
         [f"weir_policy_info{{{I}}}"]),
        ("Refused", "1: the file on disk is refused, and an older one is in force.", "timeseries",
         "none", 8, [f"weir_policy_refused{{{I}}} | {{{{instance}}}} {{{{policy}}}}"]),
        ("Read again", "By policy and outcome, in 10 minutes.", "timeseries", "none", 8,
         [f"sum by (policy, outcome) (increase(weir_policy_reloads_total{{{I}}}[10m]))"
          " | {{policy}} {{outcome}}"]),
        ("In force since", "Effective date of the version in force, by partition.", "timeseries",
         "dateTimeAsIso", 12,
         [f"1000 * weir_policy_in_force_timestamp_seconds{{{I}}} | {{{{partition}}}}"]),
        ("Read", "When the policy in force was read.", "timeseries", "dateTimeAsIso", 12,
         [f"1000 * weir_policy_loaded_timestamp_seconds{{{I}}} | {{{{instance}}}}"]),
    ]),
]  # fmt: skip

HEIGHTS = {"stat": 4, "timeseries": 8, "table": 8}


def target(query: str, index: int, kind: str) -> dict:
    expression, _, legend = query.partition(" | ")
    made = {"datasource": SOURCE, "expr": expression, "legendFormat": legend or "__auto",
            "refId": chr(ord("A") + index)}  # fmt: skip
    return made | ({"format": "table", "instant": True} if kind == "table" else {"range": True})


def options_of(kind: str) -> dict:
    if kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "none", "graphMode": "area", "textMode": "auto"}  # fmt: skip
    if kind == "table":
        return {"showHeader": True}
    return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"}}  # fmt: skip


def panel(described: tuple) -> dict:
    title, description, kind, unit, width, queries = described
    drawn = {"fillOpacity": 0, "lineWidth": 1, "showPoints": "never", "spanNulls": False}
    return {
        "type": kind, "title": title, "description": description, "datasource": SOURCE,
        "gridPos": {"w": width, "h": HEIGHTS[kind]},
        "targets": [target(query, n, kind) for n, query in enumerate(queries)],
        "fieldConfig": {
            "defaults": {"unit": unit, "custom": drawn if kind == "timeseries" else {}},
            "overrides": [],
        },
        "options": options_of(kind),
    }  # fmt: skip


def placed(rows: list) -> list[dict]:
    """Panels from left to right in the order in which they stand above."""
    panels, y = [], 0
    for title, content in rows:
        panels.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})  # fmt: skip
        x, y, height = 0, y + 1, 0
        for described in content:
            made = panel(described)
            place = made["gridPos"]
            if x + place["w"] > WIDTH:
                x, y, height = 0, y + height, 0
            place |= {"x": x, "y": y}
            x, height = x + place["w"], max(height, place["h"])
            panels.append(made)
        y += height
    return [{"id": n, **made} for n, made in enumerate(panels, 1)]


def variables() -> list[dict]:
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource",
         "query": "prometheus", "hide": 0, "refresh": 1, "current": {}},
        {"name": "instance", "label": "Instance", "type": "query", "datasource": SOURCE,
         "definition": "label_values(weir_build_info, instance)",
         "query": {"query": "label_values(weir_build_info, instance)", "refId": "instances"},
         "hide": 0, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
         "current": {"text": ["All"], "value": ["$__all"], "selected": True}},
    ]  # fmt: skip


def dashboard() -> dict:
    return {
        "__requires": [
            {"type": "grafana", "id": "grafana", "name": "Grafana", "version": GRAFANA},
            {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
            *({"type": "panel", "id": kind, "name": kind, "version": ""} for kind in HEIGHTS),
        ],
        "uid": "weir", "title": "Weir", "tags": ["weir"], "schemaVersion": SCHEMA, "version": 1,
        "description": "Throttling of smart meter alerts: what comes, what is held back, and how "
                       "well the service is.",
        "editable": True, "graphTooltip": 1, "timezone": "utc", "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "annotations": {"list": []},
        "links": [], "templating": {"list": variables()}, "panels": placed(ROWS),
    }  # fmt: skip


def main() -> None:
    made = json.dumps(dashboard(), indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        if (HERE / "weir.json").read_text(encoding="utf-8") != made:
            sys.exit("deploy/grafana/weir.json is not what dashboard.py writes: write it anew")
    else:
        sys.stdout.write(made)


if __name__ == "__main__":
    main()
