/*
 * The README's tour by a client that a stock generator made of the contract: whatever has a wrong name, a wrong type or
 * a member too few here does not compile. `tour.js reference` writes the reference data, `tour.js` does the rest, for which each
 * organisation has a token by then. Each prints what it saw, one line of JSON.
 */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const client = (token?: string) =>
  createClient<paths, "application/json" | "application/problem+json">({ baseUrl: need("BASE_URL"), headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
const admin = client(need("ADMIN")), guangdong = client(process.env["GUANGDONG"]), hubei = client(process.env["HUBEI"]), anybody = client();

/* The answer, or an error with the problem's words. */
async function got<T>(reply: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await reply;
  if (data === undefined) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data;
}

let keys = 0;
const key = () => ({ header: { "Idempotency-Key": `client-${++keys}` } });

async function referenceData() {
  for (const [id, name, province] of [["DEPOT-GD", "Depot organisation, Guangdong", "CN-GD"], ["DEPOT-HB", "Depot organisation, Hubei", "CN-HB"]] as const) {
    await got(admin.PUT("/organisations/{id}", { params: { path: { id } }, body: { name, kind: "red-cross", province } }));
  }
  for (const [id, name, organisation, province] of [["WAREHOUSE-GZ", "Warehouse in Guangzhou", "DEPOT-GD", "CN-GD"],
                                                    ["WAREHOUSE-WH", "Warehouse in Wuhan", "DEPOT-HB", "CN-HB"]] as const) {
    await got(admin.PUT("/sites/{id}", { params: { path: { id } }, body: { name, kind: "warehouse", organisation, province } }));
  }
  const item = await got(admin.PUT("/items/{id}", { params: { path: { id: "MASK-N95" } },
                                                    body: { name: { en: "N95 mask", zh: "N95口罩" }, unit: "piece", medical_grade: true } }));
  return { item: item.id };
}

async function move() {
  const intake = await got(guangdong.POST("/supplies", { params: key(), body: {
    id: "MASKS-1", site: "WAREHOUSE-GZ", item: "MASK-N95", quantity: 10000, source: "donation", lot: "LOT-7" } }));
  const transfer = await got(guangdong.POST("/transfers", { params: key(), body: {
    id: "TRANSFER-1", destination: "WAREHOUSE-WH", lines: [{ supply: intake.id, quantity: 4000 }], rationale: "Hubei asked for masks" } }));
  const at = { path: { id: transfer.id } };
  await got(guangdong.POST("/transfers/{id}/dispatch", { params: { ...at, ...key() }, body: {} }));
  await got(hubei.POST("/transfers/{id}/receive", { params: { ...at, ...key() }, body: { lines: [{ line: 1, good: 2500 }] } }));
  const received = await got(hubei.POST("/transfers/{id}/receive", { params: { ...at, ...key() }, body: {
    lines: [{ line: 1, good: 1490, damaged: 10, reason: "Boxes soaked by rain" }] } }));
  return received.state;
}

async function look() {
  const card = await got(anybody.GET("/supplies/{id}/movements", { params: { path: { id: "MASKS-1" } } }));
  const wuhan = await got(anybody.GET("/supplies", { params: { query: { province: "CN-HB", item: "MASK-N95" } } }));
  const seen = await got(anybody.GET("/transfers/{id}", { params: { path: { id: "TRANSFER-1" } } }));
  const ledger = await got(anybody.GET("/ledger"));
  const entry = await got(anybody.GET("/ledger/entries/{seq}", { params: { path: { seq: 8 } } }));
  return {
    card: card.items.map((row) => [row.kind, row.delta, row.balance]),
    wuhan: wuhan.items.map((row) => [row.condition, row.on_hand]),
    withheld: seen.withheld, size: ledger.size, entry: entry.kind,
  };
}

async function measure() {
  const efficiency = await got(anybody.GET("/efficiency", { params: { query: {
    year: 2011, inputs: ["institutions_per_10k", "health_personnel_all_per_10k"], outputs: ["hospital_visits", "hospital_admissions"], by: "belt" } },
    querySerializer: { array: { style: "form", explode: false } } }));
  const density = await got(anybody.GET("/density", { params: { query: {
    indicator: "health_personnel_all_per_10k", years: [2010, 2014, 2018], by: "belt", relative_to: "mean" } },
    querySerializer: { array: { style: "form", explode: false } } }));
  if (!("results" in efficiency) || !("series" in density)) {
    throw new Error("an analysis goes on as a job"); // 202: the contract's other answer
  }
  return { scores: efficiency.results.length, curves: density.series.length };
}

/* A refusal has the contract's type too. */
async function refused() {
  const { error } = await guangdong.POST("/transfers", { params: key(), body: { destination: "WAREHOUSE-WH", lines: [{ supply: "MASKS-1", quantity: 999999 }] } });
  const problem: Problem | undefined = error;
  return problem?.code;
}

console.log(JSON.stringify(process.argv[2] === "reference" ? await referenceData()
  : { state: await move(), ...(await look()), ...(await measure()), refused: await refused() }));
