"""nginx and Caddy with the configuration in examples/deploy, in front of a server of this machine.

What is replaced in it: names, ports, and files that a test has no business with.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serverprocess import free_port

__all__ = ["PROGRAMS", "Proxy"]

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "deploy"
PROGRAMS = ("nginx", "caddy")

# As the system has them, or unpacked by scripts/test.
FOLDERS = [
    top / folder for top in (Path("/"), ROOT / ".servers/") for folder in ("usr/sbin", "usr/bin")
]
SEARCHED = os.pathsep.join([*map(str, FOLDERS), os.environ.get("PATH", "")])
START_SECONDS = 30

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/errors.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log off;
{site}
}}
"""

# A self-signed certificate, and no port but the one of the site.
CADDY = "{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n\n{site}\n"


class Proxy:
    """One of `PROGRAMS`, which serves a server of this machine below `/collab/`, over TLS.

    As a context it is started, and stopped at the end.
    """

    def __init__(self, program: str, folder: Path, server_port: int) -> None:
        self.port = free_port()
        self.folder = folder
        self.access_log = folder / "access.log"
        self._program = program
        self._server_port = server_port
        self._process: subprocess.Popen[bytes] | None = None
        make_certificate(folder)

    @property
    def address(self) -> str:
        return f"localhost:{self.port}/collab"

    @property
    def trust(self) -> ssl.SSLContext:
        """What takes its certificate, and no other."""
        return ssl.create_default_context(cafile=self.folder / "certificate.pem")

    def __enter__(self) -> Proxy:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; returns once it accepts connections."""
        found = shutil.which(self._program, path=SEARCHED)
        assert found is not None, f"{self._program} is missing: scripts/test installs it"
        configuration = self.folder / self._program
        text = self._nginx() if self._program == "nginx" else self._caddy()
        configuration.write_text(text, encoding="utf-8")
        command = {
            "nginx": [found, "-e", f"{self.folder}/errors.log", "-c", str(configuration)],
            "caddy": [found, "run", "--adapter", "caddyfile", "--config", str(configuration)],
        }[self._program]
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise AssertionError(f"{self._program} does not serve: {self.log()}")

    def log(self) -> str:
        """What it said of itself."""
        files = [self.folder / "output.log", self.folder / "errors.log"]
        return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(START_SECONDS)
        finally:
            process.kill()
            process.wait()

    def _nginx(self) -> str:
        site = replaced(
            "nginx.conf",
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("server_name docs.example.org;", "server_name localhost;"),
            ("/etc/ssl/docs.example.org/fullchain.pem", f"{self.folder}/certificate.pem"),
            ("/etc/ssl/docs.example.org/privkey.pem", f"{self.folder}/key.pem"),
            ("/var/log/nginx/collab.log", str(self.access_log)),
            ("server 127.0.0.1:8000;", f"server 127.0.0.1:{self._server_port};"),
        )
        return NGINX.format(folder=self.folder, site=site)

    def _caddy(self) -> str:
        tls = f"tls {self.folder}/certificate.pem {self.folder}/key.pem\n\tbind 127.0.0.1"
        site = replaced(
            "Caddyfile",
            ("docs.example.org {", f"https://localhost:{self.port} {{\n\t{tls}"),
            ("/var/log/caddy/collab.log", str(self.access_log)),
            ("reverse_proxy 127.0.0.1:8000", f"reverse_proxy 127.0.0.1:{self._server_port}"),
        )
        return CADDY.format(site=site)


def replaced(name: str, *pairs: tuple[str, str]) -> str:
    """An example's text with other words in places that must be there."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text, f"examples/deploy/{name} has no {before!r} any more"
        text = text.replace(before, after)
    return text


def make_certificate(folder: Path) -> None:
    """A key and a certificate for `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), loopback]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
