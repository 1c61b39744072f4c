#!/bin/sh -e
# start-node.sh STATE INIT CGROUP HOSTNAME: runs INIT as process 1 of a node, in namespaces of its own and, in every
# hierarchy of cgroups, in the group CGROUP, which the node then takes for the root.
state=$1 init=$2 group=$3 name=$4

enter() {
  mkdir -p "$1/$group"
  # a new cpuset has no processors and no memory, and then takes no process
  for file in cpuset.cpus cpuset.mems; do
    [ ! -f "$1/$group/$file" ] || cat "$1/$file" > "$1/$group/$file"
  done
  echo $$ > "$1/$group/cgroup.procs"
}
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  enter /sys/fs/cgroup
else
  for hierarchy in $(awk '$0 ~ / - cgroup / {print $5}' /proc/self/mountinfo); do enter "$hierarchy"; done
fi
hostname='hostname "$1"; shift; exec "$@"'
exec setsid unshare --cgroup --ipc --mount --net --pid --uts --fork --propagation private \
  sh -c "$hostname" sh "$name" "$init" "$state" < /dev/null > "$state/node.log" 2>&1
