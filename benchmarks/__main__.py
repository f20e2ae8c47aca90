"""`make bench`: all benchmarks, or the named ones (`make bench ARGS=imports`)."""

import sys

from benchmarks import imports, lists

BENCHMARKS = {"imports": imports.main, "lists": lists.main}


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}")
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
