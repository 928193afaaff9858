#!/bin/bash
# Owns one QEMU, as VBoxHeadless owns a VM: starts its disk server and it, and tells how it ended.
#   vm-host.sh LAB-FOLDER UUID SHIM-FOLDER
# Reads the argument lists of qemu-nbd (if any) and QEMU, one argument per line, from the VM's state folder.
lab=$1 uuid=$2 shim=$3
state=$lab/state/$uuid
mapfile -t qemu < "$state/qemu.args"
disk=
if [ -s "$state/nbd.args" ]; then
  mapfile -t nbd < "$state/nbd.args"
  rm -f "$state/disk.sock"
  "${nbd[@]}" &
  disk=$!
  for _ in $(seq 250); do [ -S "$state/disk.sock" ] && break; sleep 0.02; done
fi
"${qemu[@]}" &
echo $! > "$state/qemu.pid"
wait $!
code=$?
[ -z "$disk" ] || { kill "$disk" 2>/dev/null; wait "$disk" 2>/dev/null; }
exec node "$shim/ended.mjs" "$uuid" "$code"
