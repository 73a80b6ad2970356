"""An S3 server of its own for each test."""

from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
import s3fs
from moto.server import ThreadedMotoServer


@pytest.fixture
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an S3 server that holds nothing, which is where buckets are looked for."""
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    asked = HTTPConnection(host, port)  # buckets are kept by the process, not by the server
    asked.request("POST", "/moto-api/reset")
    asked.getresponse().read()
    asked.close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    yield f"http://{host}:{port}"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()
