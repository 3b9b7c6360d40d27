"""`python -m cpbench`."""

from cpbench.cli import main

if __name__ == "__main__":
    main()
