#!/bin/sh
# Makes a folder with Debian sid and its VirtualBox, of which only VBoxManage and VBoxSVC are used.
#   make-chroot.sh FOLDER
# Does nothing when the folder is complete. Needs root, debootstrap and about 600 MB.
set -eu
folder=${1:?usage: make-chroot.sh FOLDER}
vboxmanage=usr/lib/virtualbox/VBoxManage

exists() { [ -x "$folder/$vboxmanage" ] && [ -x "$folder/usr/bin/ps" ]; }
exists && exit 0

mkdir -p "$(dirname "$folder")"
exec 9> "$folder.lock"
flock 9
if exists; then exit 0; fi
rm -rf "$folder"
debootstrap --variant=minbase --components=main,contrib sid "$folder"
# no service may start in it; virtualbox-source stands in for kernel modules, which are not wanted
printf '#!/bin/sh\nexit 101\n' > "$folder/usr/sbin/policy-rc.d"
chmod 755 "$folder/usr/sbin/policy-rc.d"
chroot "$folder" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends virtualbox virtualbox-source procps
chroot "$folder" apt-get clean
exists
