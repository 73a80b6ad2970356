"""Hosts of a network of one's own, on this machine: for benchmarks of many machines. Needs root.

Each host is a network namespace with a cable to a bridge, a name, a process tree and a folder of
its own; what runs on it finds this machine at `HERE`, and nothing else. Linux with `ip` (iproute2)
and `unshare` (util-linux).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = "10.77.0.1"
ROOT = Path(__file__).parents[1]
CODE = f"{ROOT / 'tests/precompute/atlas/fake'}:{ROOT / 'benchmarks'}"
"""What a PYTHONPATH needs for `small_atlas`."""

_BRIDGE = "diamond0"
# In its own tree of processes, of which all end with the first, a folder hides those of others.
_ALONE = ("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
_BEGIN = 'hostname "$0"; mount -t tmpfs own "$HOME"; cd "$HOME"; '
_AGAIN = 'while true; do "$@"; sleep 1; done'


@dataclass
class Host:
    """A host by name and address; `log` is what runs on it says."""

    name: str
    address: str
    folder: Path
    environment: dict[str, str]
    _process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def log(self) -> Path:
        """All that was written on this host since it was set up."""
        return self.folder.parent / f"{self.name}.log"

    def start(
        self, command: Sequence[str], environment: dict[str, str] | None = None, again: bool = True
    ) -> None:
        """Run a command on it, in place of what runs; `again`: anew whenever it ends."""
        self.kill()
        body = _AGAIN if again else 'exec "$@"'
        inside = ["sh", "-c", _BEGIN + body, self.name, *command]
        own = {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *_ALONE, *inside],
                env={**self.environment, **(environment or {}), **own},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End all that runs on it by SIGKILL, as a plug that is pulled."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def cut(self) -> None:
        """Unplug its cable."""
        _ip("link", "set", f"v{self.name}", "down")

    def plug_in(self) -> None:
        """Plug its cable in again."""
        _ip("link", "set", f"v{self.name}", "up")


@contextmanager
def network(names: Sequence[str], environment: dict[str, str]) -> Iterator[dict[str, Host]]:
    """Hosts of these names, 10.77.0.2 and on, whose processes get `environment` and no other."""
    _remove(names)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own"
        own.mkdir()
        hosts = {
            name: Host(name, f"10.77.0.{number}", own, environment)
            for number, name in enumerate(names, 2)
        }
        try:
            _ip("link", "add", _BRIDGE, "type", "bridge")
            _ip("addr", "add", f"{HERE}/24", "dev", _BRIDGE)
            _ip("link", "set", _BRIDGE, "up")
            for host in hosts.values():
                _connect(host)
            yield hosts
        finally:
            for host in hosts.values():
                host.kill()
            _remove(names)


def _connect(host: Host) -> None:
    cable, inside = f"v{host.name}", ("ip", "netns", "exec", host.name)
    _ip("netns", "add", host.name)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    _ip("link", "set", cable, "master", _BRIDGE, "up")
    for words in (
        ("addr", "add", f"{host.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        subprocess.run([*inside, "ip", *words], check=True)


def _remove(names: Sequence[str]) -> None:
    spaces = [("netns", "del", name) for name in names]
    cables = [("link", "del", f"v{name}") for name in names]  # a space may go a little later
    for words in (*cables, *spaces, ("link", "del", _BRIDGE)):
        subprocess.run(["ip", *words], stderr=subprocess.DEVNULL, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@dataclass
class Watched:
    """A process of which each line is kept, with the seconds since its start."""

    process: "subprocess.Popen[bytes]"
    output: Path
    started: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        """What it has said so far."""
        return self.output.read_text()

    def wait_for(self, words: str, seconds: float) -> None:
        """Until it has said this. Raises `AssertionError` if it ends before, or takes longer."""
        end = time.monotonic() + seconds
        while words not in self.text():
            assert self.process.poll() is None, f"ended before {words!r}:\n{self.text()}"
            assert time.monotonic() < end, f"no {words!r} in {seconds} s:\n{self.text()}"
            time.sleep(0.1)

    def finish(self, seconds: float) -> float:
        """The seconds that it took in all. Raises `AssertionError` if it hangs."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.text()}") from None
        return time.monotonic() - self.started


def watched(script: str, arguments: Sequence[str], env: dict[str, str], output: Path) -> Watched:
    """Run a benchmark's script here, and keep what it says."""
    with output.open("wb") as file:
        command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
        process = subprocess.Popen(command, env=env, stdout=file, stderr=file, cwd=output.parent)
    return Watched(process, output)
