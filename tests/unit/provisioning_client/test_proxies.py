"""The client through a proxy, which most schools have."""

import datetime as dt
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.client_process import ClientProcess
from tests.support.proxy import Proxy

SCHOOL = "6604027"
PUSHED, WRONG, AWAY = 0, 2, 4


class Handler(BaseHTTPRequestHandler):
    """A Hwb that takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        data = json.dumps({"run_id": "r1", "school": SCHOOL, "status": "received"}).encode()
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serving(server: HTTPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def http_port() -> Iterator[int]:
    yield from serving(HTTPServer(("127.0.0.1", 0), Handler))


@pytest.fixture
def https_port(tmp_path: Path) -> Iterator[int]:
    """The same behind TLS; its certificate is the authority of ``tmp_path/ca.pem``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_in(tmp_path / "ca.pem"))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from serving(server)


def certificate_in(path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hwb of the tests")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with Proxy().running() as proxy:
        yield proxy


async def push(tmp_path: Path, url: str, **environment: str) -> tuple[int, str]:
    (tmp_path / "export.zip").write_bytes(b"PK")
    (tmp_path / "token").write_text("right\n")
    where = ["--school", SCHOOL, "--url", url, "--token-file", str(tmp_path / "token")]
    client = await ClientProcess.start(
        *("push", str(tmp_path / "export.zip"), *where, "--tries", "1"), environment=environment
    )
    return await client.ended()


async def test_http_goes_through_the_proxy(tmp_path: Path, http_port: int, proxy: Proxy) -> None:
    url = f"http://127.0.0.1:{http_port}"
    status, said = await push(tmp_path, url, HTTP_PROXY=proxy.url)
    assert (status, proxy.requests) == (
        PUSHED,
        [f"POST {url}/v1/schools/{SCHOOL}/uploads HTTP/1.1"],
    ), said


async def test_https_is_tunnelled_and_stays_between_client_and_hwb(
    tmp_path: Path, https_port: int, proxy: Proxy
) -> None:
    where = f"127.0.0.1:{https_port}"
    trusted = str(tmp_path / "ca.pem")
    status, said = await push(
        tmp_path, f"https://{where}", HTTPS_PROXY=proxy.url, SSL_CERT_FILE=trusted
    )
    assert (status, proxy.requests) == (PUSHED, [f"CONNECT {where} HTTP/1.1"]), said


async def test_addresses_in_no_proxy_are_reached_directly(
    tmp_path: Path, http_port: int, proxy: Proxy
) -> None:
    url = f"http://127.0.0.1:{http_port}"
    status, said = await push(tmp_path, url, HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.1")
    assert (status, proxy.requests) == (PUSHED, []), said


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_a_password_is_told_from_hwb(
    tmp_path: Path, http_port: int, https_port: int, proxy: Proxy, scheme: str
) -> None:
    proxy.wants_login = True
    url = f"{scheme}://127.0.0.1:{http_port if scheme == 'http' else https_port}"
    variable = f"{scheme.upper()}_PROXY"
    status, said = await push(tmp_path, url, **{variable: proxy.url})
    assert status == AWAY
    assert "http://user:password@" in said

    with_login = proxy.url.replace("://", "://gwen:cyfrinach@")
    trusted = str(tmp_path / "ca.pem")
    status, said = await push(tmp_path, url, **{variable: with_login, "SSL_CERT_FILE": trusted})
    assert (status, "cyfrinach" in said) == (PUSHED, False)


async def test_a_proxy_that_is_not_there_ends_with_4(tmp_path: Path, http_port: int) -> None:
    url = f"http://127.0.0.1:{http_port}"
    status, said = await push(tmp_path, url, HTTP_PROXY="http://127.0.0.1:9")
    assert (status, "proxy" in said) == (AWAY, True)


async def test_an_address_that_is_no_proxys_ends_with_2(tmp_path: Path, http_port: int) -> None:
    url = f"http://127.0.0.1:{http_port}"
    status, said = await push(tmp_path, url, HTTP_PROXY="ftp://gwen:cyfrinach@proxy:21")
    assert (status, "HTTP_PROXY" in said, "cyfrinach" in said) == (WRONG, True, False)
