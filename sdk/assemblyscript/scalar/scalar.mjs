// Makes functions of kind map_scalar. They return several values at once, as
// AssemblyScript's own functions cannot. The compiler runs this file
// ("transform" in asconfig.json). For each function F of kind map_scalar in
// manifest.json it takes the exported functions
//
//     F_emit(columns...): i32   1: the row gives a record, 0: none, else: fail
//     F_NAME(columns...): i64   for each key field NAME
//     F_NAME(columns...): f64   for each metric NAME
//
// and exports in their place F, which calls one after the other. Such
// functions may write no memory and no global: no objects, strings or arrays.

export default class {
  async afterCompile(module) {
    const manifest = JSON.parse(await this.readFile("manifest.json", this.baseDir));
    for (const f of manifest.functions) if (f.kind === "map_scalar") this.join(module, f);
  }

  join(module, f) {
    const { i32, i64, f64, createType, getExportInfo, getFunctionInfo } = this.binaryen;
    const wasm = { int32: i32, date: i32, bool: i32, int64: i64, float64: f64 };
    const params = f.inputs[0].columns.map((c) => wasm[c.type]);
    const fields = [["emit", i32], ...f.output.key.map((k) => [k.name, i64]), ...f.output.metrics.map((m) => [m, f64])];
    const calls = fields.map(([name, type]) => {
      const whole = `${f.name}_${name}`;
      const found = module.getExport(whole);
      const target = found && getExportInfo(found).value;
      const info = target && getFunctionInfo(module.getFunction(target));
      if (!info || info.params !== createType(params) || info.results !== type)
        throw new Error(`manifest.json wants an exported function ${whole} with a parameter for each column, and a result of type ${type === i32 ? "i32" : type === i64 ? "i64" : "f64"}`);
      module.removeExport(whole);
      return module.call(target, params.map((p, i) => module.local.get(i, p)), type);
    });
    const body = calls.length === 1 ? calls[0] : module.tuple.make(calls);
    module.addFunction(f.name, createType(params), createType(fields.map(([, type]) => type)), [], body);
    module.addFunctionExport(f.name, f.name);
  }
}
