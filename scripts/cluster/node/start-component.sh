#!/bin/bash -e
# start-component.sh NAME COMMAND...: in a node's namespaces, starts COMMAND as process NAME with the log /var/log/NAME.log.
name=$1
shift
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  echo 0 > /sys/fs/cgroup/node/cgroup.procs
else
  for hierarchy in /sys/fs/cgroup/*/; do echo 0 > "$hierarchy/cgroup.procs"; done
fi
ulimit -n 65536 2> /dev/null || true
setsid bash -c 'exec -a "$0" "$@"' "$name" "$@" < /dev/null >> "/var/log/$name.log" 2>&1 &
