#!/bin/sh
# Serves a data directory and says what to try: tools/run.sh PROGRAM DIRECTORY HOST:PORT
set -eu
program=$1 data=$2 listen=$3

if [ -z "$(ls -A "$data" 2>/dev/null)" ]; then
    "$program" init --data-dir "$data"
fi

cat <<TEXT

Tallystick will serve $data/ on http://$listen until Ctrl-C. To try in another terminal:

  curl -s http://$listen/provinces/CN-HB
  curl -s 'http://$listen/density?indicator=health_personnel_all_per_10k&years=2010,2018&by=belt&relative_to=mean&points=16'
  curl -s 'http://$listen/efficiency?year=2011&inputs=institutions_per_10k,health_personnel_all_per_10k&outputs=hospital_visits,hospital_admissions'
  curl -s http://$listen/ledger

Changes need a token; the administrator's is in $data/admin.token:

  curl -s -X PUT http://$listen/organisations/MY-ORG -H "Authorization: Bearer \$(cat $data/admin.token)" \\
       -H 'Content-Type: application/json' -d '{"name":"My organisation","kind":"ngo"}'

The README goes on from here; the whole contract is at http://$listen/openapi.yaml

TEXT
exec "$program" serve --data-dir "$data" --listen "$listen"
