"""Hosts of static sites: what they take, and which take a site.

Their limits as their documentation had them in November 2026; `docs/hosting.md` names the pages.
"""

from dataclasses import dataclass

from diamond_cutter.build.page_text import megabytes


@dataclass(frozen=True)
class Host:
    """A host; 0 where it has no limit.

    size: bytes of a site at most; files: how many; largest: bytes of one.
    """

    name: str
    size: int = 0
    files: int = 0
    largest: int = 0

    def refusal(self, size: int, files: int, largest: int) -> str:
        """Why it does not take a site of so many bytes and files; empty if it does."""
        if self.size and size > self.size:
            return f"at most {megabytes(self.size)}"
        if self.files and files > self.files:
            return f"at most {self.files:,} files"
        if self.largest and largest > self.largest:
            return f"no file above {megabytes(self.largest)}, the largest has {megabytes(largest)}"
        return ""


HOSTS = (
    Host("GitHub Pages", size=10**9),
    Host("Cloudflare Pages", files=20_000, largest=25 << 20),
    Host("Netlify"),  # 54,000 files in a folder, which no site comes near
    Host("S3 and any server"),
)


def which_take(size: int, files: int, largest: int) -> str:
    """A sentence that says which hosts take a site, and why others do not."""
    refusals = {host.name: host.refusal(size, files, largest) for host in HOSTS}
    taking = [name for name, refusal in refusals.items() if not refusal]
    others = [f"{name} does not ({refusal})" for name, refusal in refusals.items() if refusal]
    listed = ", ".join(taking)
    return "; ".join([f"{listed} take it", *others])
