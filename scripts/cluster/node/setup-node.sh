#!/bin/sh -e
# setup-node.sh STATE ADDRESS CIDR…: in a new node's namespaces, once: what it sees of the file system and of the
# network. The machine's files are its own but for /var, /run, /proc and /sys; its one link leads to the machine.
state=$1 address=$2
shift 2

mount -t proc proc /proc
hierarchies=$(awk '$0 ~ / - cgroup / {n = split($5, path, "/"); print path[n]}' /proc/self/mountinfo)
# two mounts of the same hierarchy would confuse those who look for one
umount --lazy --recursive /sys
mount -t sysfs sysfs /sys
if [ -z "$hierarchies" ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs cgroup /sys/fs/cgroup
  for hierarchy in $hierarchies; do
    mkdir "/sys/fs/cgroup/$hierarchy"
    case $hierarchy in
      systemd) options=none,name=systemd ;;
      *) options=$hierarchy ;;
    esac
    mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$hierarchy"
  done
fi
for mounted in $(awk '$5 ~ "^/run(/|$)" {print $5}' /proc/self/mountinfo); do umount --lazy "$mounted" || true; done
mount -t tmpfs -o mode=755 run /run
mount --bind "$state/var" /var
mount --make-rshared /

ip link set lo up
ip address add "$address/30" dev eth0
ip link set eth0 up
# addresses of Services, for the API server's own calls: without a route they fail before kube-proxy's rules are asked
for cidr in "$@"; do ip route add "$cidr" dev eth0; done
sysctl -q -w net.ipv4.ip_forward=1
sysctl -q -w net.bridge.bridge-nf-call-iptables=1
