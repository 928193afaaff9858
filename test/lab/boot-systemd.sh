# Boots a Debian tree with its systemd in namespaces of its own; run inside the network namespace it shall have.
#   sh boot-systemd.sh TREE DIR NAME
# TREE is only read; what the host writes is below DIR. NAME names its control groups. Works on cgroup v1 (also hybrid) and v2.
set -e
tree=$1 dir=$2 name=$3
mkdir -p "$dir/upper" "$dir/work" "$dir/root" "$dir/docker"

# a control group of its own in each hierarchy: as the root that its cgroup namespace shows
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ ! -L "$hierarchy" ] && [ -e "$hierarchy/cgroup.procs" ] || continue
  mkdir -p "$hierarchy/$name"
  if [ -e "$hierarchy/$name/cpuset.cpus" ] && [ "$(stat -f -c %T "$hierarchy")" != cgroup2fs ]; then
    cat "$hierarchy/cpuset.cpus" >"$hierarchy/$name/cpuset.cpus"
    cat "$hierarchy/cpuset.mems" >"$hierarchy/$name/cpuset.mems"
  fi
  echo $$ >"$hierarchy/$name/cgroup.procs"
done

exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup sh -e -c '
tree=$1 dir=$2 root=$2/root
mount --make-rprivate /
mount -t overlay -o "lowerdir=$tree,upperdir=$dir/upper,workdir=$dir/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for hierarchy in /sys/fs/cgroup/*; do
    [ ! -L "$hierarchy" ] && [ -e "$hierarchy/cgroup.procs" ] || continue
    name=${hierarchy##*/}
    mkdir "$root$hierarchy"
    case $name in
      unified) mount -t cgroup2 cgroup2 "$root$hierarchy" ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup "$root$hierarchy" ;;
      *) mount -t cgroup -o "$name" cgroup "$root$hierarchy" ;;
    esac
  done
fi
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  mknod -m 666 "$root/dev/${node%%:*}" c $(echo "${node#*:}" | tr : " ")
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root/var/lib/docker" "$root/.old"
mount --bind "$dir/docker" "$root/var/lib/docker"
cd "$root"
pivot_root . .old
umount -l /.old
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
' sh "$tree" "$dir"
