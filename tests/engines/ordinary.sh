#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What people run every day: programs of Debian's packages as images, started
# by podman through the wrapper and its hook, under the shipped policy and the
# preset baseline. Whoever is refused stands here with the reason, and whoever
# is not does its work.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
for program in podman runc busybox python3 dpkg-deb; do
	if ! command -v $program >/dev/null; then
		echo "skip ordinary: $program is not installed"
		exit 0
	fi
done
DEBS=$PWD/$BUILD/ordinary

# fetch PACKAGE: it, and what it depends on that is not installed here; the node that follows has no lists of packages
fetch() {
	[ ! -d "$DEBS/$1" ] || return 0
	rm -rf "$DEBS/new"
	mkdir -p "$DEBS/new"
	(
		cd "$DEBS/new" && apt-get download "$1"
		for dependency in $(dpkg-deb -f "$1"_*.deb Depends | tr ',' '\n' | sed 's/^ *//; s/[ (|:].*//' | sort -u); do
			[ "$(dpkg-query -W -f='${db:Status-Status}' "$dependency")" = installed ] || apt-get download "$dependency"
		done
	) >/dev/null 2>&1
	[ -z "$(find "$DEBS/new" -name "$1_*.deb")" ] || mv "$DEBS/new" "$DEBS/$1"
}
if [ -z "${OCIGATE_NODE:-}" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
	fetch redis-tools
	fetch nginx
fi
node_enter "$0" "$@"

RECORD=$NODE/decisions
POLICY=default
ln -s ocigate /usr/local/bin/ocigate-runc
mkdir -p "$NODE/hooks.d" "$NODE/none" /var/lib/data
cp install/hooks.d/99-ocigate.json "$NODE/hooks.d"
printf '[engine]\nhooks_dir = ["%s"]\n[engine.runtimes]\nrunc = ["/usr/local/bin/ocigate-runc"]\n' "$NODE/hooks.d" >"$NODE/containers.conf"
export CONTAINERS_CONF="$NODE/containers.conf"

# libraries ROOT PROGRAM...: what these programs of ROOT load, from there or from here
libraries() {
	root=$1
	shift
	for program; do
		LD_LIBRARY_PATH=$(find "$root" -name '*.so*' -exec dirname {} + 2>/dev/null | sort -u | tr '\n' ':') ldd "$root$program"
	done | grep -o '/[^ ]*' | sort -u | while read -r library; do
		case $library in
		"$root"*) continue ;;
		esac
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library" 2>/dev/null
	done
}
# image NAME: an image of the directory $NODE/NAME, with busybox, a user and a /tmp
image() {
	root=$NODE/$1
	mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/var/log" "$root/run" "$root/data"
	chmod 1777 "$root/tmp"
	chmod 777 "$root/data"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in sh sleep wget id cat ls httpd mkdir touch test; do
		ln -sf busybox "$root/bin/$applet"
	done
	printf 'root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nwww-data:x:33:\nadm:x:4:\napp:x:1000:\n' >"$root/etc/group"
	tar -C "$root" -c . | podman import --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' - "localhost/$1" >"$NODE/out" 2>&1 ||
		not_ok "ordinary image of $1" "$(tail -n 2 "$NODE/out")"
	rm -rf "$root"
}
# unpack PACKAGE NAME: what was fetched, into $NODE/NAME
unpack() {
	[ -d "$DEBS/$1" ] || return 1
	mkdir -p "$NODE/$2/usr/bin" "$NODE/$2/usr/sbin" "$NODE/$2/usr/lib"
	ln -s usr/lib "$NODE/$2/lib"
	[ ! -e /lib64 ] || { mkdir -p "$NODE/$2/usr/lib64" && ln -s usr/lib64 "$NODE/$2/lib64"; }
	for deb in "$DEBS/$1"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$NODE/$2" --keep-directory-symlink -x
	done
}

image busybox
python=python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir -p "$NODE/python/usr/bin" "$NODE/python/usr/lib"
ln -s usr/lib "$NODE/python/lib"
[ ! -e /lib64 ] || { mkdir -p "$NODE/python/usr/lib64" && ln -s usr/lib64 "$NODE/python/lib64"; }
if [ -x "/usr/bin/$python" ]; then
	cp "/usr/bin/$python" "$NODE/python/usr/bin/python3"
	tar -C /usr/lib --exclude __pycache__ --exclude 'config-*' --exclude idlelib --exclude lib2to3 --exclude ensurepip --exclude test -c "$python" |
		tar -C "$NODE/python/usr/lib" -x
	libraries "$NODE/python" /usr/bin/python3
	image python
fi
if unpack redis-tools redis; then
	ln -sf redis-check-rdb "$NODE/redis/usr/bin/redis-server"
	libraries "$NODE/redis" /usr/bin/redis-server /usr/bin/redis-cli
	image redis
else
	echo 'skip ordinary redis: its package cannot be downloaded'
fi
if unpack nginx nginx; then
	libraries "$NODE/nginx" /usr/sbin/nginx
	mkdir -p "$NODE/nginx/var/www/html" "$NODE/nginx/var/lib/nginx" "$NODE/nginx/var/log/nginx"
	rm -rf "$NODE/nginx/etc/nginx/modules-enabled"
	echo works >"$NODE/nginx/var/www/html/index.html"
	printf 'error_log stderr;\nuser www-data;\nevents {}\nhttp { access_log off; server { listen 80; root /var/www/html; } }\n' >"$NODE/nginx/etc/nginx/nginx.conf"
	printf 'error_log stderr;\npid /tmp/pid;\nevents {}\nhttp { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;\nuwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; server { listen 8080; root /var/www/html; } }\n' >"$NODE/nginx/etc/nginx/user.conf"
	image nginx
else
	echo 'skip ordinary nginx: its package cannot be downloaded'
fi

# What each does, and how it is seen to work.
httpd='httpd -p 8080 -h /etc; wget -q -O - http://127.0.0.1:8080/passwd'
redis='redis-server --port 6379 --save "" --daemonize yes --dir /tmp >/dev/null; for i in 1 2 3 4 5 6 7 8 9; do redis-cli ping >/dev/null 2>&1 && break; sleep 0.2; done; redis-cli set k works >/dev/null; redis-cli get k'
nginx='nginx; for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://127.0.0.1:80/ 2>/dev/null && break; sleep 0.2; done'
nginx_user='nginx -c /etc/nginx/user.conf 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://127.0.0.1:8080/ 2>/dev/null && break; sleep 0.2; done'
python='python3 -m http.server -d /etc 8080 2>/dev/null & for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://127.0.0.1:8080/passwd 2>/dev/null && break; sleep 0.3; done'

# try NAME IMAGE OPTIONS COMMAND WORKS RULES [WHY]: refused by RULES ("bundle": its place), - by none; then the command prints WORKS
try() {
	if ! podman image exists "localhost/$2"; then
		echo "skip ordinary $1 under $POLICY: there is no image"
		return
	fi
	: >"$RECORD"
	# shellcheck disable=SC2086 # options are words
	podman --cgroup-manager cgroupfs --runtime runc run --rm --network none --cgroup-parent "/$OCIGATE_NODE" \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 $3 "localhost/$2" /bin/sh -c "$4" </dev/null >"$NODE/out" 2>&1
	status=$?
	got=$(jq -rs '[.[] | (.error // empty | sub("the bundle .* lies where others can change it.*"; "bundle")), (.findings[] | select(.effect == "deny") | .rule)]
		| unique | if . == [] then "-" else join(",") end' "$RECORD")
	if [ "$got" != "$6" ]; then
		not_ok "ordinary $1 under $POLICY" "refused by '$got', not by '$6': status $status: $(head -c 700 "$NODE/out")"
	elif [ "$6" = - ] && ! grep -q "$5" "$NODE/out"; then
		not_ok "ordinary $1 under $POLICY" "does not work: status $status: $(head -c 700 "$NODE/out")"
	elif [ "$6" != - ] && [ -z "${7:-}" ]; then
		not_ok "ordinary $1 under $POLICY" 'is refused without a reason'
	else
		ok "ordinary $1 under $POLICY${7:+: refused, $7}"
	fi
}
settle() {
	POLICY=$1
	policy 50-test "{\"version\": 1, \"preset\": \"$1\", \"log\": {\"file\": \"$RECORD\", \"syslog\": false}}"
}

# As the images' authors and their users run them: as root inside where nobody says otherwise.
settle default
user='--user 1000:1000'
try 'a web server of busybox' busybox "$user" "$httpd" app:x:1000 -
try 'redis' redis "$user --read-only --tmpfs /tmp --cap-drop ALL" "$redis" works -
try 'redis with a volume' redis "$user --volume redis:/tmp --memory 64m --cpus 0.5 --pids-limit 100" "$redis" works -
try 'nginx for a user' nginx "$user --read-only --tmpfs /tmp --security-opt no-new-privileges" "$nginx_user" works -
try 'python' python "$user --init --env PYTHONUNBUFFERED=1 --workdir /tmp" "$python" app:x:1000 -
try 'everything that is harmless' busybox "$user --hostname h --tmpfs /run --shm-size 8m --tty --label a=b --stop-signal TERM --health-cmd true --group-add 4 --mount type=tmpfs,destination=/x" \
	'id -u; ls /x && echo works' works -
try 'redis as root' redis '' "$redis" works root-user 'root of the container is root of the node'
try 'root in a user namespace of podman'\''s' busybox '--uidmap 0:100000:65536' "$httpd" app:x:1000 bundle "podman gives the bundle to the namespace's root"
try 'data of the node' busybox "$user --volume /var/lib/data:/data" "$httpd" app:x:1000 host-paths 'a path of the node that no drop-in lists'
try "the engine's socket" busybox "$user --volume /run/lock:/run/podman" "$httpd" app:x:1000 host-paths,sensitive-mounts 'the directory of sockets and locks of the node'
try 'a device' busybox "$user --device /dev/fuse" "$httpd" app:x:1000 devices 'a device of the node'
try 'another capability' busybox "$user --cap-add NET_ADMIN" "$httpd" app:x:1000 capabilities 'not one of the 14'

settle baseline
try 'redis as root' redis '' "$redis" works -
try 'nginx as root' nginx '' "$nginx" works -
try 'python as root' python '' "$python" app:x:1000 -
try 'a writable /proc/sys' busybox '--security-opt unmask=ALL' "$httpd" app:x:1000 proc-mount 'nothing of /proc is masked'
try 'the host'\''s pid namespace' busybox '--pid host' "$httpd" app:x:1000 host-namespaces 'shares pids with the node'
podman volume rm --force redis >/dev/null 2>&1
exit 0
