"""Hosts of static sites: what they take, and which take a site.

Their limits as their documentation had them in November 2026; `docs/hosting.md` names the pages.
"""

from dataclasses import dataclass

from diamond_cutter.build.page_text import megabytes
from diamond_cutter.build.publish.site_manifest import Weight


@dataclass(frozen=True)
class Host:
    """A host; 0 where it has no limit.

    size: bytes of a site at most; files: how many; largest: bytes of one.
    """

    name: str
    size: int = 0
    files: int = 0
    largest: int = 0

    def refusal(self, given: Weight) -> str:
        """Why it does not take files of that weight; empty if it does."""
        if self.size and given.size > self.size:
            return f"at most {megabytes(self.size)}"
        if self.files and given.files > self.files:
            return f"at most {self.files:,} files"
        if self.largest and given.largest > self.largest:
            largest = megabytes(given.largest)
            return f"no file above {megabytes(self.largest)}, the largest has {largest}"
        return ""


HOSTS = (
    Host("GitHub Pages", size=10**9),
    Host("Cloudflare Pages", files=20_000, largest=25 << 20),
    Host("Netlify"),  # 54,000 files in a folder, which no site comes near
    Host("S3 and any server"),
)


def hosts_told(pictures: Weight, others: Weight, pictures_address: str) -> str:
    """Sentences that say which hosts take a site, what its pictures weigh and all else.

    pictures_address: where the pictures will lie; empty: beside the pages. Then it is said, too,
    which hosts would take all else, but not the pictures with it.
    """
    weights = f"pictures: {_told(pictures)}; all else: {_told(others)}"
    if pictures_address:
        return (
            f"Of these, {weights}. For the pages and all else: {_which_take(others)}. "
            f"For the pictures, at {pictures_address}: {_which_take(pictures)}"
        )
    whole = pictures + others
    alone = [host.name for host in HOSTS if host.refusal(whole) and not host.refusal(others)]
    told = f"Of these, {weights}. {_which_take(whole)}"
    if alone:
        told += f". With --pictures-address, all but the pictures goes to {' or '.join(alone)}, too"
    return told


def _which_take(given: Weight) -> str:
    refusals = {host.name: host.refusal(given) for host in HOSTS}
    taking = [name for name, refusal in refusals.items() if not refusal]
    others = [f"{name} does not ({refusal})" for name, refusal in refusals.items() if refusal]
    listed = ", ".join(taking)
    return "; ".join([f"{listed} take it", *others])


def _told(weight: Weight) -> str:
    return f"{weight.files:,} files, {megabytes(weight.size)}"
