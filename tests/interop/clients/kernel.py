"""A kernel whose ipykernel is of its own environment, and everything else of another one's site-packages."""

import site
import sys

site.addsitedir(sys.argv.pop(1))

if __name__ == "__main__":
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
