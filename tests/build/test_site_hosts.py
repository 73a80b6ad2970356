import pytest

from diamond_cutter.build.site_hosts import which_take


@pytest.mark.parametrize(
    ("size", "files", "largest", "told"),
    [
        (
            1e9,
            20_000,
            26_214_400,
            "GitHub Pages, Cloudflare Pages, Netlify, S3 and any server take it",
        ),
        (
            1.2e9,
            20_001,
            1,
            "Netlify, S3 and any server take it; GitHub Pages does not (at most 1000 MB); "
            "Cloudflare Pages does not (at most 20,000 files)",
        ),
        (
            1,
            1,
            30_000_000,
            "GitHub Pages, Netlify, S3 and any server take it; Cloudflare Pages does not "
            "(no file above 26.2 MB, the largest has 30.0 MB)",
        ),
    ],
)
def test_hosts_are_told_with_what_they_do_not_take(
    size: float, files: int, largest: int, told: str
) -> None:
    assert which_take(int(size), files, largest) == told
