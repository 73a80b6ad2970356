"""The packages: each folder with Python files below these five, under one name for import."""

from pathlib import Path

from setuptools import setup

FOLDERS = ("build", "command", "precompute", "site_templates", "web")

setup(
    packages=sorted(
        {
            ".".join(("diamond_cutter", *path.parent.parts))
            for folder in FOLDERS
            for path in Path(folder).rglob("*.py")
        }
    ),
    package_dir={f"diamond_cutter.{folder}": folder for folder in FOLDERS},
)
