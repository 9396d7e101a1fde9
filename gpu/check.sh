#!/bin/sh
# Checks Assay on the GPUs of this machine, without a network and without anything but this folder. See README.md beside this file.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec "$here/../bin/node" "$here/check.mjs" "$@"
