/*
 * The README's tour by a client that a stock generator made of the contract: whatever has a wrong name, a wrong type or
 * a member too few here does not compile. Every request of the README's is here, in its order; a test compares them.
 * `tour.js reference` writes the reference data, `tour.js` does the rest, for which each organisation has a token by then,
 * `tour.js refused` asks for what is refused, and `tour.js job` has something computed as a job. Each prints one line of JSON: what it
 * saw, and the requests that it made.
 */
import { createHash } from "node:crypto";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const steps: { method: string; url: string; headers: Record<string, string>; body: string }[] = [];
const remember: Middleware = {
  async onRequest({ request }) {
    steps.push({ method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: await request.clone().text() });
    return undefined;
  },
};

const options = (token?: string) => ({
  baseUrl: need("BASE_URL"), headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  querySerializer: { array: { style: "form", explode: false } } as const,
});
const client = (token?: string) => {
  const made = createClient<paths, "application/json" | "application/problem+json">(options(token));
  made.use(remember);
  return made;
};
const admin = client(need("ADMIN")), guangdong = client(process.env["GUANGDONG"]), hubei = client(process.env["HUBEI"]), anybody = client();

/* For answers that are text: tables, checkpoints, exports. */
const reader = createClient<paths>(options());
reader.use(remember);

/* The answer, or an error with the problem's words. */
async function got<T>(reply: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await reply;
  if (data === undefined) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data;
}

const key = (step: number) => ({ header: { "Idempotency-Key": `tour-${step}` } });
const at = (id: string) => ({ path: { id } });

async function referenceData() {
  await got(admin.PUT("/organisations/{id}", { params: { ...at("DEPOT-GD"), ...key(1) },
                                               body: { name: "Depot organisation, Guangdong", kind: "red-cross", province: "CN-GD" } }));
  await got(admin.PUT("/organisations/{id}", { params: { ...at("DEPOT-HB"), ...key(2) },
                                               body: { name: "Depot organisation, Hubei", kind: "red-cross", province: "CN-HB" } }));
  await got(admin.PUT("/sites/{id}", { params: { ...at("WAREHOUSE-GZ"), ...key(3) },
                                       body: { name: "Warehouse in Guangzhou", kind: "warehouse", organisation: "DEPOT-GD", province: "CN-GD" } }));
  await got(admin.PUT("/sites/{id}", { params: { ...at("WAREHOUSE-WH"), ...key(4) },
                                       body: { name: "Warehouse in Wuhan", kind: "warehouse", organisation: "DEPOT-HB", province: "CN-HB" } }));
  const item = await got(admin.PUT("/items/{id}", { params: { ...at("MASK-N95"), ...key(5) },
                                                    body: { name: { en: "N95 mask", zh: "N95口罩" }, unit: "piece", medical_grade: true } }));
  return { item: item.id };
}

async function move() {
  const intake = await got(guangdong.POST("/supplies", { params: key(6), body: {
    id: "MASKS-1", site: "WAREHOUSE-GZ", item: "MASK-N95", quantity: 10000, source: "donation", lot: "LOT-7" } }));
  const transfer = await got(guangdong.POST("/transfers", { params: key(7), body: {
    id: "TRANSFER-1", destination: "WAREHOUSE-WH", lines: [{ supply: intake.id, quantity: 4000 }], rationale: "Hubei asked for masks" } }));
  await got(guangdong.POST("/transfers/{id}/dispatch", { params: { ...at(transfer.id), ...key(8) }, body: {} }));
  await got(hubei.POST("/transfers/{id}/receive", { params: { ...at(transfer.id), ...key(9) }, body: { lines: [{ line: 1, good: 2500 }] } }));
  const received = await got(hubei.POST("/transfers/{id}/receive", { params: { ...at(transfer.id), ...key(10) }, body: {
    lines: [{ line: 1, good: 1490, damaged: 10, reason: "Boxes soaked by rain" }] } }));
  return received.state;
}

async function look() {
  const card = await got(anybody.GET("/supplies/{id}/movements", { params: at("MASKS-1") }));
  const wuhan = await got(anybody.GET("/supplies", { params: { query: { province: "CN-HB", item: "MASK-N95" } } }));
  const sender = await got(guangdong.GET("/transfers/{id}", { params: at("TRANSFER-1") }));
  const receiver = await got(hubei.GET("/transfers/{id}", { params: at("TRANSFER-1") }));
  const seen = await got(anybody.GET("/transfers/{id}", { params: at("TRANSFER-1") }));
  return {
    card: card.items.map((row) => [row.kind, row.delta, row.balance]),
    wuhan: wuhan.items.map((row) => [row.condition, row.on_hand]),
    rationale: [sender.rationale, receiver.rationale, seen.rationale], withheld: seen.withheld,
  };
}

async function figures() {
  const indicator = await got(admin.PUT("/indicators/{id}", { params: { ...at("vehicles_example"), ...key(11) },
                                                              body: { name: { en: "Vehicles (example)", zh: "车辆（示例）" }, unit: "vehicle" } }));
  const rows = ["indicator,year,province,value", "vehicles_example,2023,CN-GD,120", "vehicles_example,2023,CN-HB,80", ""].join("\n");
  const table = { body: rows, bodySerializer: String, headers: { "Content-Type": "text/csv" } };
  const tried = await got(admin.PUT("/figures", { params: { query: { dry_run: true }, ...key(12) }, ...table }));
  const taken = await got(admin.PUT("/figures", { params: key(13), ...table }));
  if (!("dry_run" in tried) || !("ledger" in taken)) throw new Error("what was to be tried was taken, or the other way round");
  const listed = await got(reader.GET("/figures", { params: { query: { indicator: "vehicles_example" } }, headers: { Accept: "text/csv" }, parseAs: "text" }));
  return {
    indicator: indicator.id, tried: [tried.dry_run, tried.figures], taken: [taken.figures, taken.changed, taken.ledger.seq], listed: listed.replaceAll("\r", "") === rows,
  };
}

async function prove() {
  const transfer = await got(anybody.GET("/transfers/{id}", { params: at("TRANSFER-1") }));
  const ledger = await got(anybody.GET("/ledger"));
  const seq = transfer.events[0]?.seq;
  if (seq === undefined) throw new Error("a transfer without a beginning");
  const entry = await got(anybody.GET("/ledger/entries/{seq}", { params: { path: { seq } } }));
  const again = await got(anybody.GET("/ledger/entries/{seq}", { params: { path: { seq } } }));
  const hash = createHash("sha256").update(Buffer.from(again.bytes, "base64")).digest("hex");
  const [origin, size, root] = (await got(reader.GET("/ledger/checkpoint", { parseAs: "text" }))).split("\n");
  const lines = (await got(reader.GET("/ledger/entries", { headers: { Accept: "application/x-ndjson" }, parseAs: "text" }))).trimEnd().split("\n");
  const kinds = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  return {
    size: ledger.size, entry: [entry.seq, entry.kind, entry.organisation], hash: hash === entry.entry_hash,
    checkpoint: origin === ledger.origin && Number(size) === ledger.size && Buffer.from(root ?? "", "base64").toString("hex") === ledger.root,
    exported: kinds.filter((kind) => kind === "entry").length, end: kinds.at(-1),
  };
}

async function measure() {
  const efficiency = await got(anybody.GET("/efficiency", { params: { query: {
    year: 2011, inputs: ["institutions_per_10k", "health_personnel_all_per_10k"], outputs: ["hospital_visits", "hospital_admissions"], by: "belt" } } }));
  const density = await got(anybody.GET("/density", { params: { query: {
    indicator: "health_personnel_all_per_10k", years: [2010, 2014, 2018], by: "belt", relative_to: "mean" } } }));
  const inequality = await got(anybody.GET("/inequality", { params: { query: {
    indicator: "health_personnel_all", per: "population_year_end", years: [2010, 2018], by: "belt" } } }));
  if (!("results" in efficiency) || !("series" in density) || !("series" in inequality)) {
    throw new Error("an analysis goes on as a job"); // 202: the contract's other answer
  }
  const [first] = inequality.series;
  const dagum = Object.values(first?.dagum ?? {}).reduce<number>((sum, part) => sum + (part ?? NaN), 0);
  return { scores: efficiency.results.length, curves: density.series.length, inequality: inequality.series.slice(0, 2).map((year) => year.year),
           dagum: Math.abs(dagum - (first?.gini ?? NaN)) < 1e-12 };
}

/* A refusal has the contract's type too. */
async function refused() {
  const { error } = await guangdong.POST("/transfers", { params: key(0), body: { destination: "WAREHOUSE-WH", lines: [{ supply: "MASKS-1", quantity: 999999 }] } });
  const problem: Schemas["Problem"] | undefined = error;
  return { refused: problem?.code };
}

/* A computation that goes on by itself: asked for, followed to its end, its answer read, and forgotten as that answer. */
async function job() {
  const body = { values: [1, 2, 4, 8], points: 16 };
  const asked = await anybody.POST("/density", { params: { header: { Prefer: "respond-async" } }, body });
  const accepted = await got(Promise.resolve(asked));
  if (!("state" in accepted)) throw new Error("what was to be a job was answered at once");
  const states = new Set<Schemas["Job"]["state"]>([accepted.state]);
  const jobs = { params: at(accepted.id) };
  for (;;) {
    const reply = await anybody.GET("/jobs/{id}", jobs);
    const data = await got(Promise.resolve(reply));
    if (reply.response.status === 200) {
      const now = await got(anybody.POST("/density", { body }));
      const etag = reply.response.headers.get("ETag") ?? "";
      const stale = await anybody.DELETE("/jobs/{id}", { params: { ...at(accepted.id), header: { "If-Match": '"0123456789abcdef"' } } });
      const over = await got(anybody.DELETE("/jobs/{id}", { params: { ...at(accepted.id), header: { "If-Match": etag } } }));
      const gone = await anybody.GET("/jobs/{id}", jobs);
      return {
        accepted: [asked.response.status, asked.response.headers.get("Location") === accepted.href, asked.response.headers.get("Preference-Applied")],
        states: [...states].every((state) => state === "waiting" || state === "running"), same: JSON.stringify(data) === JSON.stringify(now),
        stale: stale.error?.code, over: over.state, gone: gone.error?.code,
      };
    }
    if (!("state" in data)) throw new Error("neither a job nor its answer");
    states.add(data.state);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const tour = async () => ({ state: await move(), ...(await look()), ...(await figures()), ...(await prove()), ...(await measure()) });
const parts: Record<string, () => Promise<object>> = { reference: referenceData, refused, job };
const part = parts[process.argv[2] ?? ""] ?? tour;
console.log(JSON.stringify({ seen: await part(), steps }));
