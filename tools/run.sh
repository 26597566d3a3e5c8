#!/bin/sh
# Serves a data directory and says what to try: tools/run.sh PROGRAM DIRECTORY ADDRESS, which is as in --listen
set -eu
program=$1 data=$2 listen=$3

if [ -z "$(ls -A "$data" 2>/dev/null)" ]; then
    "$program" init --data-dir "$data"
fi

# Of several addresses the first one is shown.
first=${listen%%,*}
case $first in
unix:*) via="--unix-socket ${first#unix:} " url=http://localhost ;;
http://*) via='' url=$first ;;
*) via='' url=http://$first ;;
esac
# Port 0 takes a free one, which the last line names.
case $url in
*:0) url=${url%0}PORT port=', PORT being what the last line says' ;;
*) port='' ;;
esac

cat <<TEXT

Tallystick will serve $data/ on $listen until Ctrl-C. To try in another terminal$port:

  curl -s $via$url/provinces/CN-HB
  curl -s $via'$url/density?indicator=health_personnel_all_per_10k&years=2010,2018&by=belt&relative_to=mean&points=16'
  curl -s $via'$url/efficiency?year=2011&inputs=institutions_per_10k,health_personnel_all_per_10k&outputs=hospital_visits,hospital_admissions'
  curl -s $via$url/ledger

Changes need a token; the administrator's is in $data/admin.token:

  curl -s -X PUT $via$url/organisations/MY-ORG -H "Authorization: Bearer \$(cat $data/admin.token)" \\
       -H 'Content-Type: application/json' -d '{"name":"My organisation","kind":"ngo"}'

The README goes on from here; the whole contract is at $url/openapi.yaml

TEXT
exec "$program" serve --data-dir "$data" --listen "$listen"
