#!/bin/sh -e
# start-node.sh STATE INIT CGROUP HOSTNAME: runs INIT as process 1 of a node, in namespaces of its own and, in every
# hierarchy of cgroups, in the group CGROUP, which the node then takes for the root.
state=$1 init=$2 group=$3 name=$4

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  # version 2: a group with processes may not give controllers on, so these go one further down
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control || true
  done
  mkdir -p "/sys/fs/cgroup/$group/node"
  echo $$ > "/sys/fs/cgroup/$group/cgroup.procs"
  leaf="/sys/fs/cgroup/$group/node/cgroup.procs"
else
  for hierarchy in $(awk '$0 ~ / - cgroup / {print $5}' /proc/self/mountinfo); do
    mkdir -p "$hierarchy/$group"
    # a new cpuset has no processors and no memory, and then takes no process
    for file in cpuset.cpus cpuset.mems; do
      [ ! -f "$hierarchy/$file" ] || cat "$hierarchy/$file" > "$hierarchy/$group/$file"
    done
    echo $$ > "$hierarchy/$group/cgroup.procs"
  done
  leaf=/dev/null
fi

# shellcheck disable=SC2016
in_groups='
  leaf=$1 name=$2
  shift 2
  echo $$ > "$leaf"
  exec unshare --ipc --mount --net --pid --uts --fork --propagation private \
    sh -c '\''hostname "$1"; shift; exec "$@"'\'' sh "$name" "$@"'
exec setsid unshare --cgroup sh -e -c "$in_groups" sh "$leaf" "$name" "$init" "$state" \
  < /dev/null > "$state/node.log" 2>&1
