"""The DUIS document that tells the outcome of a future-dated command, written and read.

Only as much of DUIS as it needs, and nothing about signatures and schemas.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

NAMESPACE = "http://www.dccinterface.co.uk/ServiceUserGateway"

DOCUMENT = (
    '<sr:Response xmlns:sr="{namespace}" schemaVersion="5.4"><sr:Header>'
    "<sr:RequestID>{party}:{device}:{counter}</sr:RequestID>"
    "<sr:ResponseID>{device}:{party}:{counter}</sr:ResponseID>"
    "<sr:ResponseCode>I0</sr:ResponseCode><sr:ResponseDateTime>{time}</sr:ResponseDateTime>"
    "</sr:Header><sr:Body><sr:ResponseMessage><sr:ServiceReference>{group}</sr:ServiceReference>"
    "<sr:ServiceReferenceVariant>{srv}</sr:ServiceReferenceVariant>"
    "<sr:FutureDatedDeviceAlertMessage>"
    "<sr:FutureDatedAlertCode>{code}</sr:FutureDatedAlertCode>"
    "<sr:GBCSPayload>{payload}</sr:GBCSPayload>"
    "<sr:InstructionNumber>{number}</sr:InstructionNumber>"
    "<sr:TotalCommandInstructions>{total}</sr:TotalCommandInstructions>"
    "</sr:FutureDatedDeviceAlertMessage></sr:ResponseMessage></sr:Body></sr:Response>"
)


@dataclass(frozen=True)
class Document:
    request_id: str
    srv: str
    code: str
    number: int
    total: int
    payload: bytes  # a GBCS message


def encode(document: Document, time: str) -> str:
    party, device, counter = document.request_id.split(":")
    return DOCUMENT.format(
        namespace=NAMESPACE,
        party=party,
        device=device,
        counter=counter,
        time=time,
        group=document.srv.rpartition(".")[0] if document.srv.count(".") > 1 else document.srv,
        srv=document.srv,
        code=document.code,
        payload=base64.b64encode(document.payload).decode(),
        number=document.number,
        total=document.total,
    )


def decode(text: bytes) -> tuple[Document, str]:
    """What `encode` was given."""
    root = ElementTree.fromstring(text)

    def at(name: str) -> str:
        found = root.find(f".//{{{NAMESPACE}}}{name}")
        assert found is not None and found.text is not None
        return found.text

    document = Document(
        request_id=at("RequestID"),
        srv=at("ServiceReferenceVariant"),
        code=at("FutureDatedAlertCode"),
        number=int(at("InstructionNumber")),
        total=int(at("TotalCommandInstructions")),
        payload=base64.b64decode(at("GBCSPayload")),
    )
    return document, at("ResponseDateTime")
