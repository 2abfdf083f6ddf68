"""`python -m qprompt` and the command `qprompt`: the program as docs/experiments.md has it."""

import sys

from qprompt._program import main as run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
