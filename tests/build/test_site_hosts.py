import pytest

from diamond_cutter.build.publish.site_manifest import Weight
from diamond_cutter.build.site_hosts import hosts_told

ALL = "GitHub Pages, Cloudflare Pages, Netlify, S3 and any server take it"
NOTHING = Weight()


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        (Weight(20_000, 10**9, 26_214_400), ALL),
        (
            Weight(20_001, 12 * 10**8, 1),
            "Netlify, S3 and any server take it; GitHub Pages does not (at most 1000 MB); "
            "Cloudflare Pages does not (at most 20,000 files)",
        ),
        (
            Weight(1, 1, 30_000_000),
            "GitHub Pages, Netlify, S3 and any server take it; Cloudflare Pages does not "
            "(no file above 26.2 MB, the largest has 30.0 MB)",
        ),
    ],
)
def test_hosts_are_told_with_what_they_do_not_take(whole: Weight, told: str) -> None:
    assert hosts_told(NOTHING, whole, "").endswith(f". {told}")


def test_what_pictures_weigh_is_told_apart() -> None:
    told = hosts_told(Weight(12_000, 300_000_000, 5), Weight(8_000, 40_000_000, 9), "")
    assert told == (
        f"Of these, pictures: 12,000 files, 300 MB; all else: 8,000 files, 40.0 MB. {ALL}"
    )


def test_a_site_that_is_too_much_is_told_who_takes_it_without_its_pictures() -> None:
    pictures = Weight(15_000, 1_200_000_000, 60_000)
    told = hosts_told(pictures, Weight(15_000, 900_000_000, 60_000), "")
    end = ". With --pictures-address, all but the pictures goes to {}, too"
    assert told.endswith(end.format("GitHub Pages or Cloudflare Pages"))
    told = hosts_told(pictures, Weight(25_000, 900_000_000, 60_000), "")
    assert told.endswith(end.format("GitHub Pages"))
    told = hosts_told(pictures, Weight(25_000, 1_100_000_000, 60_000), "")
    assert "--pictures-address" not in told


def test_with_an_address_of_pictures_hosts_are_told_for_each_part() -> None:
    pictures, others = Weight(25_000, 9 * 10**8, 60_000), Weight(9_000, 10**8, 60_000)
    assert hosts_told(pictures, others, "https://cdn.example/a") == (
        "Of these, pictures: 25,000 files, 900 MB; all else: 9,000 files, 100 MB. "
        f"For the pages and all else: {ALL}. For the pictures, at https://cdn.example/a: "
        "GitHub Pages, Netlify, S3 and any server take it; "
        "Cloudflare Pages does not (at most 20,000 files)"
    )
