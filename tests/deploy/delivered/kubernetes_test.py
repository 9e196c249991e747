"""The Kubernetes manifests: by the schemas of Kubernetes, and as the service needs them."""

from __future__ import annotations

import re
import unittest
from typing import Any

from delivered import DEPLOY, DeliveredCase, document, problems, program_version, schemas

FOLDER = DEPLOY / "kubernetes"
OLDEST, NEWEST = "1.27.0", "1.37.0"
VERSIONS = "kubernetes_validate/kubernetes-json-schema"


def schema_of(value: dict[str, Any], version: str) -> Any:
    group, _, number = value["apiVersion"].rpartition("/")
    kind = value["kind"].lower()
    group = f"-{group.split('.')[0]}" if group else ""
    path = f"{VERSIONS}/v{version}-local-strict/{kind}{group}-{number}.json"
    return schemas("kubernetes_validate", path)


class ManifestsTest(DeliveredCase):
    def setUp(self) -> None:
        super().setUp()
        self.all = document(FOLDER / "kustomization.yaml")
        self.set = document(FOLDER / "statefulset.yaml")
        self.pod = self.set["spec"]["template"]["spec"]
        (self.weir,) = self.pod["containers"]

    def test_the_schemas(self) -> None:
        for name in self.all["resources"]:
            for version in (OLDEST, NEWEST):
                with self.subTest(f"{name} {version}"):
                    value = document(FOLDER / name)
                    self.assertEqual(problems(value, schema_of(value, version)), [])
        self.set["spec"]["replica"] = 2
        self.assertNotEqual(problems(self.set, schema_of(self.set, NEWEST)), [])

    def test_all_of_them_are_named(self) -> None:
        there = {each.name for each in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
        made = [name for each in self.all["configMapGenerator"] for name in each["files"]]
        self.assertEqual(sorted(there), sorted([*self.all["resources"], *made]))

    def test_the_image_is_of_this_version(self) -> None:
        (image,) = self.all["images"]
        self.assertEqual(image["name"], self.weir["image"])
        self.assertEqual(image["newTag"], program_version())

    def test_names_are_those_of_one_another(self) -> None:
        labels = self.set["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(self.set["spec"]["selector"]["matchLabels"], labels)
        service = document(FOLDER / "service.yaml")
        self.assertEqual(self.set["spec"]["serviceName"], service["metadata"]["name"])
        budget = document(FOLDER / "poddisruptionbudget.yaml")
        self.assertEqual(budget["spec"]["selector"]["matchLabels"], labels)
        volumes = {each["name"] for each in self.pod["volumes"]}
        volumes |= {each["metadata"]["name"] for each in self.set["spec"]["volumeClaimTemplates"]}
        self.assertEqual({each["name"] for each in self.weir["volumeMounts"]}, volumes)
        maps = {source["configMap"]["name"] for each in self.pod["volumes"]
                for source in each.get("projected", {}).get("sources", [])}  # fmt: skip
        self.assertEqual(maps, {each["name"] for each in self.all["configMapGenerator"]})

    def test_it_is_restricted(self) -> None:
        """By the pod security standard of that name, and more."""
        security = self.weir["securityContext"]
        self.assertIs(security["readOnlyRootFilesystem"], True)
        self.assertIs(security["allowPrivilegeEscalation"], False)
        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
        self.assertIs(self.pod["securityContext"]["runAsNonRoot"], True)
        self.assertEqual(self.pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(self.pod["automountServiceAccountToken"], False)
        user = re.search(r"^USER (\d+):\1$", (DEPLOY / "container/Containerfile").read_text(), re.M)
        assert user is not None
        for each in ("runAsUser", "runAsGroup", "fsGroup"):
            self.assertEqual(self.pod["securityContext"][each], int(user[1]))

    def test_instances_keep_names_and_state(self) -> None:
        self.assertEqual(self.set["spec"]["podManagementPolicy"], "Parallel")
        names = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"]
                 for each in self.weir["env"]}  # fmt: skip
        config = document(FOLDER / "weir.yaml")["service"]
        name = re.fullmatch(r"\$\{(\w+)\}", config["instance"])
        assert name is not None
        self.assertEqual(names[name[1]], "metadata.name")
        (mount,) = (each for each in self.weir["volumeMounts"] if each["name"] == "state")
        self.assertTrue(config["state"]["dir"].startswith(mount["mountPath"]))

    def test_probes_and_the_port(self) -> None:
        config = document(FOLDER / "weir.yaml")["service"]
        (port,) = self.weir["ports"]
        self.assertEqual(config["http"]["listen"], f"0.0.0.0:{port['containerPort']}")
        paths = {name: self.weir[f"{name}Probe"]["httpGet"]["path"]
                 for name in ("startup", "liveness", "readiness")}  # fmt: skip
        self.assertEqual(paths, {"startup": "/livez", "liveness": "/livez",
                                 "readiness": "/readyz"})  # fmt: skip
        startup = self.weir["startupProbe"]
        self.assertGreaterEqual(startup["periodSeconds"] * startup["failureThreshold"], 1800)
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], 30)

    def test_what_it_is_configured_with(self) -> None:
        """With a secret such as is mounted, which must not be for everybody."""
        (secrets,) = (each["secret"] for each in self.pod["volumes"] if "secret" in each)
        self.assertEqual(secrets["defaultMode"] & 0o007, 0)
        text = (FOLDER / "weir.yaml").read_text()
        self.secret("kafka-password")
        (self.folder / "weir.yaml").write_text(text.replace("/run/secrets/weir", str(self.folder)))
        (self.folder / "policy.yaml").write_text((FOLDER / "policy.yaml").read_text())
        said = self.validated(self.folder / "weir.yaml", WEIR_INSTANCE="weir-1")
        self.assertIn("instance weir-1 of group weir", said)
        self.assertNotIn("but note", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
