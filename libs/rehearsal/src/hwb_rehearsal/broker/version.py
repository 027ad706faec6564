"""Asks a broker over Kafka's protocol which version it is, so that nobody has to believe its name.

Kafka has no request for its release. ApiVersions (v3 and later) carries the broker's features, and
the highest ``metadata.version`` that it supports belongs to exactly one release. A broker without
features, like librdkafka's, is not Apache Kafka.
"""

import socket
import struct
from dataclasses import dataclass

API_VERSIONS = 18
ASKED_VERSION = 3
SUPPORTED_FEATURES_TAG = 0
BUILT_IN = "built-in"

# org.apache.kafka.server.common.MetadataVersion of Kafka 4.4.0: the first level of a release.
FIRST_LEVEL_OF_RELEASE = {
    1: "3.0",
    2: "3.1",
    3: "3.2",
    4: "3.3",
    8: "3.4",
    9: "3.5",
    12: "3.6",
    15: "3.7",
    20: "3.8",
    21: "3.9",
    22: "4.0",
    26: "4.1",
    28: "4.2",
    30: "4.3",
    31: "4.4",
    34: "4.5 or later",
}


@dataclass
class _Reader:
    data: bytes
    at: int = 0

    def number(self, code: str) -> int:
        (value,) = struct.unpack_from(f">{code}", self.data, self.at)
        self.at += struct.calcsize(code)
        return int(value)

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more bytes follow
                return value

    def text(self) -> str:
        length = self.varint() - 1
        self.at += length
        return self.data[self.at - length : self.at].decode()


def supported_features(address: str, *, timeout: float = 10.0) -> dict[str, int]:
    """The highest level of every feature that the broker at ``host:port`` supports.

    Raises OSError if nobody answers there.
    """
    host, _, port = address.split(",", maxsplit=1)[0].rpartition(":")
    client, software = b"hwb-rehearsal", (b"hwb-rehearsal", b"1")
    body = b"".join(bytes([len(part) + 1]) + part for part in software) + b"\0"
    header = struct.pack(">hhih", API_VERSIONS, ASKED_VERSION, 1, len(client)) + client + b"\0"
    request = header + body
    with socket.create_connection((host, int(port)), timeout=timeout) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", _exactly(connection, 4))[0]
        answer = _Reader(_exactly(connection, size))
    answer.number("i")  # the correlation id; the header of ApiVersions has no tags
    if answer.number("h") != 0:
        return {}
    for _ in range(answer.varint() - 1):
        answer.at += 6
        _skip_tags(answer)
    answer.number("i")  # throttle time
    features: dict[str, int] = {}
    for _ in range(answer.varint()):
        tag, length = answer.varint(), answer.varint()
        end = answer.at + length
        if tag == SUPPORTED_FEATURES_TAG:
            for _ in range(answer.varint() - 1):
                name = answer.text()
                answer.number("h")
                features[name] = answer.number("h")
                _skip_tags(answer)
        answer.at = end
    return features


def release_of(features: dict[str, int]) -> str:
    """The release of Apache Kafka these features belong to, or ``built-in`` if there are none."""
    level = features.get("metadata.version")
    if level is None:
        return BUILT_IN
    reached = [first for first in FIRST_LEVEL_OF_RELEASE if first <= level]
    return FIRST_LEVEL_OF_RELEASE[max(reached)] if reached else "2.x"


def _skip_tags(answer: _Reader) -> None:
    for _ in range(answer.varint()):
        answer.varint()
        answer.at += answer.varint()


def _exactly(connection: socket.socket, size: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        chunk = connection.recv(size - len(chunks))
        if not chunk:
            raise ConnectionResetError("the broker closed the connection in mid-answer")
        chunks += chunk
    return bytes(chunks)
