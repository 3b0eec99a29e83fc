/** Drops 100 tensors of no scope, but one, and lets the garbage collector at them. */
import { liveCount, tensor } from "../../ffi/mod.ts";

const held = tensor([7]);
for (let i = 1; i < 100; i++) tensor([i]);
const before = liveCount();
const collect: unknown = Reflect.get(globalThis, "gc");
if (typeof collect !== "function") throw new Error("needs --expose-gc");
for (let i = 0; i < 100 && liveCount() > 1; i++) {
  collect();
  await new Promise((done) => setTimeout(done, 10));
}
console.log(
  `${before} before, ${liveCount()} after, and that one is ${held.item()}`,
);
