"""The packages: the root, and each folder with Python files below these, under one name."""

from pathlib import Path

from setuptools import setup

FOLDERS = ("build", "command", "notebook", "precompute", "site_templates", "web")

setup(
    script_name="setup.py",  # known so, it is not taken for a module of the root
    packages=sorted(
        {"diamond_cutter"}
        | {
            ".".join(("diamond_cutter", *path.parent.parts))
            for folder in FOLDERS
            for path in Path(folder).rglob("*.py")
        }
    ),
    package_dir={"diamond_cutter": "."} | {f"diamond_cutter.{each}": each for each in FOLDERS},
)
