"""An S3 server on this machine, and what lies in a store there: for benchmarks."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

BUCKET = "bucket"


@contextmanager
def s3_server(host: str, port: int) -> Iterator[dict[str, str]]:
    """A server with an empty bucket, and the environment that finds it, which is set here."""
    found = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, __file__, host, str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        os.environ.update(found)
        client = boto3.client("s3")
        for _ in range(300):
            try:
                client.create_bucket(Bucket=BUCKET)
                break
            except BotoCoreError:  # not started yet
                time.sleep(0.2)
        yield found
    finally:
        server.kill()
        server.wait()


class Quiet(WSGIRequestHandler):
    """Tells of no request."""

    def log(self, *_: object) -> None:
        """Nothing."""


def serve(host: str, port: int) -> None:
    """moto's S3 and no other service, among which its own server would look for each request."""
    run_simple(host, port, create_backend_app("s3"), threaded=True, request_handler=Quiet)


def objects(store: str, server: str | None = None) -> dict[str, bytes]:
    """All objects of a store in the bucket, by their names in it; `server`: at another address."""
    client = boto3.client("s3", endpoint_url=server)
    return {
        name.removeprefix(f"{store}/"): client.get_object(Bucket=BUCKET, Key=name)["Body"].read()
        for name in _names(client, store)
    }


def remove(store: str, server: str | None = None) -> None:
    """Take a store out of the bucket, of which a long list is slow on this server."""
    client = boto3.client("s3", endpoint_url=server)
    names = [{"Key": name} for name in _names(client, store)]
    client.delete_objects(Bucket=BUCKET, Delete={"Objects": names})


def _names(client: Any, store: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{store}/")
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def files(folder: Path) -> dict[str, bytes]:
    """All files of a store in a folder, by their names in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def differences(found: dict[str, bytes], expected: dict[str, bytes]) -> str:
    """What two stores do not have in common, in a line; empty: nothing."""
    lost, others = expected.keys() - found.keys(), found.keys() - expected.keys()
    changed = [name for name in expected.keys() & found.keys() if expected[name] != found[name]]
    if not (lost or others or changed):
        return ""
    example = min([*lost, *others, *changed])
    return f"{len(lost)} lost, {len(others)} too many, {len(changed)} of other bytes: {example}"


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
