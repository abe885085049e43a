"""Copies of rules that have events made around them as their tests: copies.py FOLDER [--events=N] PATH...

The tests say `match: false` throughout: they only carry the events; nobody reads their verdicts.
"""

import json
import pathlib
import random
import re
import shutil
import sys

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
import events  # noqa: E402


def main():
    count = next((int(it.split("=")[1]) for it in sys.argv if it.startswith("--events=")), events.EVENTS)
    folder, *paths = (pathlib.Path(it) for it in sys.argv[1:] if not it.startswith("--events="))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = [file for path in paths for file in (sorted(path.rglob("*.yml")) if path.is_dir() else [path])]
    for idx, file in enumerate(files):
        text = file.read_text(encoding="utf-8") + "\n"
        if re.search(r"^---\s*$", text.lstrip("-\n "), re.M):
            continue
        rule = events.load(text)
        own = [test["event"] for test in rule.get("tests", [])]
        asked = own + events.around(rule, random.Random(rule["title"]), count)
        bare = re.sub(r"^tests:.*\n(?:[ \t#-].*\n|\n)*", "", text, flags=re.M)
        tests = [{"name": str(number), "match": False, "event": event} for number, event in enumerate(asked)]
        lines = "".join(f"  - {json.dumps(test, ensure_ascii=False)}\n" for test in tests)
        (folder / f"{idx:05}-{file.name}").write_text(f"{bare}\ntests:\n{lines}", encoding="utf-8")


main()
