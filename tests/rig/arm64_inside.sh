#!/bin/sh
# Runs in an arm64 Debian into which `setup.sh install --root` has installed: the tests of device/, with that installation.
set -eu
cd /rig
# For the tests of terminals; the mount ends with this command's namespace.
mount -t devpts -o ptmxmode=666 devpts /dev/pts
python=/opt/leukoscope/.venv/bin/python
# The lock's versions, without its hashes: pip would demand hashes of all their dependencies too.
sed -nE 's/^([a-z0-9-]+==[^ ;]+).*/\1/p' tests/requirements.txt >pins
"$python" -m pip --disable-pip-version-check install -q --constraint pins pytest pytest-xdist hypothesis
# Not those of the training, of the checkout itself, of the printed parts, and of a kernel; nor the paper's network,
# which takes 18 minutes here.
CI=true "$python" -m pytest -q -n 2 -p no:cacheprovider \
  --ignore=tests/training --ignore=tests/hardware --ignore=tests/rig --ignore=tests/test_house.py \
  --ignore=tests/test_install.py --ignore=tests/test_image.py --ignore=tests/test_setup.py \
  --deselect=tests/model/test_window_reader.py::test_ok__the_papers_model_gives_probabilities "$@"
