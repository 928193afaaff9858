#!/bin/bash
# The first process of a lab, in its own network, mount and PID namespaces: sets them up, starts VirtualBox's service
# and then only waits. Its end is the end of all that runs in the lab.
#   init.sh LAB-FOLDER CHROOT
set -eu
lab=$1 chroot=$2
root=$lab/root

mount -t proc proc /proc
mount --bind "$chroot" "$root"
for folder in tmp home root mnt; do mount --bind "/$folder" "$root/$folder"; done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
# the ranges that VirtualBox allows are the lab's own, for whoever reads the file
mount --bind "$lab/etc-vbox" /etc/vbox
mount --bind "$lab/etc-vbox" "$root/etc/vbox"
ip link set lo up

touch "$lab/ready"
trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait $! || :
done
