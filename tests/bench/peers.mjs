// Do the work of ib-score or ib-prune with DuckDB or Polars: node peers.mjs duckdb|polars fold|prune
const [peer, step] = process.argv.slice(2);

async function duckdb() {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const c = await (await DuckDBInstance.create(":memory:")).connect();
  await c.run("set threads = 1");
  await c.run(step === "fold"
    ? `copy (select id, last(loss) as loss from read_json('log.jsonl', format = 'newline_delimited',
         columns = {id: 'varchar', epoch: 'integer', loss: 'double'}) group by id) to 'duck.parquet' (format parquet)`
    : `copy (with s as (select id, loss, avg(loss) over () as mean from 'duck.parquet')
         select m.*, case when s.loss < s.mean then 2.0 else 1.0 end as weight
         from read_json('man.jsonl', format = 'newline_delimited',
           columns = {id: 'varchar', path: 'varchar', label: 'integer', split: 'varchar'}) m join s using (id)
         where s.loss >= s.mean or hash(m.id) % 2 = 0) to 'duck.jsonl' (format json)`);
}

async function polars() {
  const pl = (await import("nodejs-polars")).default;
  if (step === "fold") {
    const s = pl.scanJson("log.jsonl").groupBy("id").agg(pl.col("loss").last());
    (await s.collect()).writeParquet("polars.parquet");
    return;
  }
  const s = pl.readParquet("polars.parquet");
  const mean = s.getColumn("loss").mean();
  const m = (await pl.scanJson("man.jsonl").collect()).join(s, { on: "id" });
  const draw = m.getColumn("id").hash().rename("draw").cast(pl.Float64).div(2 ** 64);
  const kept = m.withColumn(draw).filter(pl.col("loss").gtEq(mean).or(pl.col("draw").lt(0.5)))
    .withColumn(pl.when(pl.col("loss").lt(mean)).then(pl.lit(2.0)).otherwise(pl.lit(1.0)).as("weight"))
    .drop("loss", "draw");
  kept.writeJSON("polars.jsonl", { format: "lines" });
}

await (peer === "duckdb" ? duckdb() : polars());
