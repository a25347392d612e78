"""``python -m dreamsim_native.spark``, or this file for spark-submit."""

import sys

from dreamsim_native.spark._program import main

if __name__ == "__main__":
    sys.exit(main())
