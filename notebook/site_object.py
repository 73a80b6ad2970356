"""What others get to see, in Python: the site, and stores published at an address."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from diamond_cutter.command.configuration import load
from diamond_cutter.command.settings import SiteSettings
from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.python_call import parse_call, run_command


@dataclass(frozen=True)
class Site:
    """A site that was written: its folder, to be copied to any static host."""

    folder: Path

    def serve(self, port: int = 0) -> None:
        """Show it on this machine until interrupted, as `diamond serve`; 0: any free port."""
        run_command("serve", output=self.folder, port=port)

    def _repr_html_(self) -> str:
        said = f"<code>{escape(str(self.folder))}</code>: the site; <code>serve()</code> shows it"
        return display_html.block(f"<p>{said}</p>")


def write_site(*, config: str | None = None, **settings: object) -> Site:
    """Write the site, as `diamond site` does.

    `settings`: its options: store, the atlas's; studies, their stores; output; address. Raises
    `UserError` as the command does.
    """
    run_command("site", config=config, **settings)
    return Site(Path(load(SiteSettings, parse_call("site", config=config, **settings)).output))


def publish(address: str, *, store: str, licence: str = "", config: str | None = None) -> None:
    """Copy an atlas or studies to where others read them, as `diamond publish`.

    `address`: a folder, or any fsspec address that takes files. Raises `UserError` as the command
    does.
    """
    run_command("publish", address, store=store, licence=licence, config=config)
