#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What ocigate report writes for others: Prometheus, Kubernetes, a browser.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/fake_node.sh
. tests/lib/fake_node.sh

# format FORMAT: all 200, into $NODE/out
format() {
	"$GATE" report --root "$FAKE" --all --format "$1" >"$NODE/out" 2>"$NODE/err" </dev/null
	status=$?
}

# sample NAME LINE...: the output has these lines
sample() {
	name=$1
	shift
	for line; do
		if ! grep -Fqx -- "$line" "$NODE/out"; then
			not_ok "report $name" "no line $line but $(grep -F "${line% *}" "$NODE/out")"
			return
		fi
	done
	ok "report $name"
}

# --- prometheus ---
format prometheus
verify 'report writes for Prometheus' "$status $(cat "$NODE/err")" [ "$status" -eq 0 ]
wrong=$(python3 tests/lib/prometheus.py <"$NODE/out")
verify 'report keeps the format of Prometheus' "$wrong" [ -z "$wrong" ]
sample 'counts for Prometheus' 'ocigate_containers{verdict="deny"} 114' 'ocigate_containers{verdict="admit"} 86' \
	'ocigate_container_rules{rule="root-user",status="unhealthy"} 74' 'ocigate_container_rules{rule="root-user",status="excepted"} 6' \
	'ocigate_policy_stale 0' 'ocigate_exceptions{state="active"} 1' 'ocigate_exceptions{state="expired"} 0'
verify 'report counts decisions as gauges where they are forgotten' "$(grep kept "$NODE/out" | head -n 3)" \
	grep -q '^# TYPE ocigate_findings_kept gauge$' "$NODE/out"
verify 'report says that these are not all, and what would be' "$(grep 'HELP.*kept' "$NODE/out")" \
	grep -q '^# HELP ocigate_decisions_kept .*still kept.*For counters since boot let the policy name a log' "$NODE/out"
lines=$(wc -l <"$NODE/out")
mkdir "$NODE/more"
cp -R "$FAKE/run" "$NODE/more"
rm -rf "$FAKE/run/crun" "$FAKE/run/containerd"
format prometheus
verify 'report has as many series for fewer containers' "$lines lines, then $(wc -l <"$NODE/out")" [ "$(wc -l <"$NODE/out")" -eq "$lines" ]
cp -R "$NODE/more/run" "$FAKE"

# Denials and audits since boot come from the log: one of last year, one torn by a full disk, three of now.
now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
decision() {
	printf '{"time":"%s","verdict":"%s","stage":"createRuntime","engine":"containerd","trusted":true,"id":"%s","namespace":"shop","pod":"web","container":"app","image":"i","findings":[%s],"amendments":[],"policy":{"digest":"d","stale":null},"duration_us":1}\n' "$@"
}
finding() {
	printf '{"rule":"%s","effect":"%s","severity":"%s","pointer":"/p","value":"v","message":"m","remedy":"r","exception":%s%s}' "$@"
}
log=$FAKE/var/log/decisions
mkdir -p "$FAKE/var/log"
{
	decision 2020-01-01T00:00:00.000000Z deny old "$(finding root-user deny high null ',"alert":"Old"')"
	decision "$now" deny a1 "$(finding root-user deny high null ''),$(finding privilege-escalation audit medium null '')"
	printf '{"time":"%s","verdict":"de\n' "$now"
	decision "$now" admit b2 "$(finding privilege-escalation audit medium null ''),$(finding host-paths audit high '"node-exporter"' '')"
	decision "$now" admit c3 "$(finding suspicious-command audit medium null ',"alert":"K8S.NODE_ContainerSSH"')"
} >"$log"
soon=$(date -u -d '+7 days' +%Y-%m-%d)
printf '{"version": 1, "log": {"file": "/var/log/decisions"}, "exceptions": [
	{"name": "gone", "reason": "r", "expires": "2020-01-01", "match": {"pods": ["p"]}, "rules": {"root-user": {"effect": "audit"}}},
	{"name": "soon", "reason": "r", "expires": "%s", "match": {"pods": ["p"]}, "rules": {"root-user": {"effect": "audit"}}}]}\n' "$soon" \
	>"$FAKE/etc/ocigate/policy.d/60-more.json"
format prometheus
wrong=$(python3 tests/lib/prometheus.py <"$NODE/out")
verify 'report keeps the format with a log' "$wrong" [ -z "$wrong" ]
sample 'counts what was decided since boot' 'ocigate_decisions_total{verdict="deny"} 1' 'ocigate_decisions_total{verdict="admit"} 2' \
	'ocigate_findings_total{rule="root-user",effect="deny"} 1' 'ocigate_findings_total{rule="privilege-escalation",effect="audit"} 2' \
	'ocigate_findings_total{rule="capabilities",effect="deny"} 0'
sample 'tells of exceptions that end' 'ocigate_exceptions{state="active"} 2' 'ocigate_exceptions{state="expiring"} 1' \
	'ocigate_exceptions{state="expired"} 1' \
	"ocigate_exception_next_expiry_timestamp_seconds $(($(date -u -d "$soon" +%s) + 86400))"
"$GATE" report --root "$FAKE" --all >"$NODE/out" 2>&1
verify 'report tells people of an exception that has expired' "$(head -n 6 "$NODE/out")" \
	grep -qx 'exception gone has expired: it does not apply any more' "$NODE/out"
verify 'report tells people of an exception that ends soon' "$(head -n 6 "$NODE/out")" grep -Eqx 'exception soon ends in 7 days' "$NODE/out"
verify 'report tells people of no other exception' "$(head -n 6 "$NODE/out")" [ "$(grep -c ^exception "$NODE/out")" -eq 2 ]
format html
verify 'report tells of these on its page' "$(grep -c banner "$NODE/out")" \
	[ "$(grep -c 'The exception <b>gone</b> has expired\|The exception <b>soon</b> ends in 7 days. Its reason: r' "$NODE/out")" -eq 2 ]
format json
got=$(jq -c '[.exceptions[] | [.name, .expired]]' "$NODE/out")
verify 'report tells programs of exceptions' "$got" [ "$got" = '[["trusted",false],["gone",true],["soon",false]]' ]
echo '{' >"$FAKE/etc/ocigate/policy.d/70-broken.json"
format prometheus
sample 'tells that the policy is stale' 'ocigate_policy_stale 1'
rm "$FAKE/etc/ocigate/policy.d/70-broken.json"

# --- alerts ---
# alerts ARGS...
alerts() {
	"$GATE" alerts "$@" >"$NODE/out" 2>"$NODE/err" </dev/null
	status=$?
}
# told NAME STATUS PATTERN
told() {
	if [ "$status" -eq "$2" ] && cat "$NODE/out" "$NODE/err" | grep -Eq -- "$3"; then
		ok "alerts $1"
	else
		not_ok "alerts $1" "status $status, not $2, or not '$3': $(head -c 600 "$NODE/out" "$NODE/err")"
	fi
}
alerts --help
told 'have help' 0 '^usage: ocigate alerts'
alerts --since yesterday
told 'want a time' 100 '--since yesterday is no time'
alerts --severity hihg
told 'refuse a severity with a slip' 100 'did you mean high'
alerts --log /nowhere
told 'say when there is no log' 102 '/nowhere cannot be opened'
alerts --log "$log"
# Of group 4 and of high severity: old, a1, c3; b2's is excepted.
told 'list what somebody should look at' 0 "^3 alerts in $log; 1 of its lines is no decision\$"
told 'have a name' 0 "^${now%.*}Z  medium  ran     K8S.NODE_ContainerSSH  shop/web/app  suspicious-command: m: v$"
told 'have the rule where there is no name' 0 "^${now%.*}Z  high    denied  root-user  shop/web/app  root-user: m: v$"
alerts --log "$log" --since 1h
told 'leave out what is older' 0 "^2 alerts in $log; 1 of its lines is no decision\$"
alerts --log "$log" --since 2019-12-31
told 'know a day' 0 "^3 alerts in $log; 1 of its lines is no decision\$"
alerts --log "$log" --since 2020-01-01T00:00:01Z --severity high
told 'know a time and a severity' 0 "^1 alert in $log; 1 of its lines is no decision\$"
alerts --log "$log" --format json
wrong=$(jq -s -c 'map([.alert, .rule, .severity, .verdict, .id]) == [["Old", "root-user", "high", "deny", "old"], [null, "root-user", "high", "deny", "a1"],
	["K8S.NODE_ContainerSSH", "suspicious-command", "medium", "admit", "c3"]]' "$NODE/out")
verify 'report alerts are told to programs' "$(cat "$NODE/out")" [ "$wrong" = true ]

gzip -c "$log" >"$NODE/packed"
alerts --log "$NODE/packed" --format json
told 'take no packed log for one in which nothing was found' 102 "$NODE/packed is no log of decisions"
(sleep 0.1 && zcat <"$NODE/packed") | "$GATE" alerts --log /dev/stdin >"$NODE/out" 2>"$NODE/err"
status=$?
told 'wait for what unpacks it' 0 '^3 alerts in /dev/stdin'

# What the hook records is what is listed, from the policy's log or from what is kept.
for place in log store; do
	record=
	[ $place = store ] || record=", \"log\": {\"file\": \"$NODE/decisions\", \"syslog\": false}"
	policy 50-test "{\"version\": 1, \"rules\": {\"*\": {\"effect\": \"disabled\"}, \"suspicious-command\": {\"effect\": \"audit\"}} $record}"
	bundle "alert-$place" '.process.args = ["/usr/sbin/sshd"]'
	printf '{"ociVersion":"1.0","id":"alert-%s","status":"creating","pid":%d,"bundle":"%s"}' $place "$living" "$BUNDLE" |
		"$GATE" hook createRuntime >/dev/null 2>"$NODE/err"
	alerts --since 1h
	told "come from the $place" 0 "medium  ran     K8S.NODE_ContainerSSH  default/web/app  suspicious-command: runs an SSH server: sshd"
	[ $place = store ] || told 'say which log they are in' 0 "^1 alert in $NODE/decisions\$"
done

# Without a log of the policy's, "none" would mean little: what was looked at is told.
told 'say that there may have been more' 0 '^2 alerts in the decisions that are still kept, back to 20.*Z; where the policy names a log, all are in it$'
alerts --since 2099-01-01
told 'tell how far back they go, whenever was asked for' 0 '^0 alerts in the decisions that are still kept, back to 20'
mv /run/ocigate/decisions "$NODE/kept"
alerts
told 'say that there was nothing to look at' 0 '^0 alerts: the policy names no log that is there, and no decision is kept$'
mv "$NODE/kept" /run/ocigate/decisions

# --- policy reports ---
format policyreport
verify 'report writes policy reports' "$status $(cat "$NODE/err")" [ "$status" -eq 0 ]
if python3 -c 'import jsonschema' 2>/dev/null; then
	wrong=$(python3 tests/lib/policyreport.py <"$NODE/out" 2>&1 | tail -n 3)
	verify 'report keeps the schema of policy reports' "$wrong" [ -z "$wrong" ]
else
	echo 'skip report keeps the schema of policy reports: python3-jsonschema is not installed'
fi
got=$(jq -c '[.items[] | [.kind, .metadata.namespace]] | sort' "$NODE/out")
verify 'report has a policy report a namespace, and one of the cluster' "$got" \
	[ "$got" = '[["ClusterPolicyReport",null],["PolicyReport","shop"],["PolicyReport","trusted"]]' ]
# "trusted" has the 6 excepted; "shop" has 44: kinds 1 (4), 2, 3 and 4 (10 each), of two findings each in kind 4.
got=$(jq -c '[.items[] | select(.kind == "PolicyReport") | .summary | [.fail, .warn, .skip]]' "$NODE/out")
verify 'report counts results' "$got" [ "$got" = '[[34,10,0],[0,0,6]]' ]
got=$(jq -c '[.items[] | select(.metadata.namespace == "shop") | .results[] | .resources[0] | [.apiVersion, .kind, .namespace]] | unique' "$NODE/out")
verify 'report names pods' "$got" [ "$got" = '[["v1","Pod","shop"]]' ]

# --- the page ---
spoiled=$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd02/config.json
jq '.annotations["io.kubernetes.cri.sandbox-name"] = "\"><img src=x onerror=\"document.title=1\"><script>document.title=1</script>"
	| .annotations["io.kubernetes.cri.image-name"] = "</script><b>&amp;"' "$spoiled" >"$NODE/spoiled" && cp "$NODE/spoiled" "$spoiled"
format html
verify 'report writes a page' "$status $(cat "$NODE/err")" [ "$status" -eq 0 ]
wrong=$(grep -oE '<img|<script>document|</script><b>|<(link|iframe|object|embed|base)[ >]|<[a-z]+ [^>]*(src|href|action)=|@import|url\(|https?://' "$NODE/out" | sort | uniq -c)
verify 'report has nothing on its page that is loaded, and no markup of others' "$wrong" [ -z "$wrong" ]
verify 'report says on its page what must not be loaded' 'no policy for content' grep -q "Content-Security-Policy\" content=\"default-src 'none'" "$NODE/out"
if command -v chromium >/dev/null 2>&1; then
	# Pressed and typed as a person would; what is to be seen then is put at the end of the page.
	sed 's|</body>|<pre id="seen"></pre></body>|' "$NODE/out" >"$NODE/page.html"
	cat >"$NODE/script" <<-'END'
		<script>
		(function () {
		  var seen = [], told = document.querySelector('output'), text = document.querySelector('input');
		  function first() { return document.querySelector('tbody tr:not([hidden]) td.name').firstChild.textContent; }
		  function row(title) {
		    return Array.from(document.querySelectorAll('button.row')).filter(function (b) { return b.textContent.indexOf(title) >= 0; })[0];
		  }
		  seen.push(told.textContent);
		  row('Running containers as root').click(); seen.push(told.textContent);
		  row('Running containers as root').click(); seen.push(told.textContent);
		  text.value = 'docker04'; text.dispatchEvent(new Event('input')); seen.push(told.textContent, first());
		  text.value = ''; text.dispatchEvent(new Event('input'));
		  document.querySelector('select').value = 'admit'; document.querySelector('select').dispatchEvent(new Event('change'));
		  seen.push(told.textContent);
		  document.querySelectorAll('th button')[1].click(); document.querySelectorAll('th button')[1].click(); seen.push(first());
		  document.getElementById('seen').textContent = 'SEEN ' + seen.join('; ') + ' SEEN';
		}());
		</script></body>
	END
	sed -i -e "/<pre id=\"seen\">/{s|</body>||;r $NODE/script
}" "$NODE/page.html"
	HOME=$NODE timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-dev-shm-usage --enable-logging=stderr --user-data-dir="$NODE/chromium" --dump-dom "file://$NODE/page.html" >"$NODE/dom" 2>"$NODE/chromium.log"
	got=$(sed -n 's|^<pre id="seen">\(SEEN .* SEEN\)</pre>$|\1|p' "$NODE/dom")
	verify 'report sorts and filters in a browser' "$got $(grep CONSOLE "$NODE/chromium.log" | head -n 2)" \
		[ "$got" = 'SEEN 200 of 200; 74 of 200; 200 of 200; 1 of 200; docker04; 86 of 200; trusted/web-21/app SEEN' ]
else
	echo 'skip report sorts and filters in a browser: chromium is not installed'
fi
kill "$living"
exit 0
