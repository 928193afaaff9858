import { expect, test } from "vitest";
import { copyNano, eventText, keepNano, nanoIn } from "../../../../src/swarm/cluster/event-time.ts";
import { isJson } from "../../../../src/swarm/scheduler/json.ts";

function parsed(text: string) {
  const value: unknown = JSON.parse(text);
  return isJson(value) ? value : expect.fail("no object");
}

test("an event's nanoseconds keep all their digits, also in what is made of it", () => {
  const trap = JSON.stringify({ label: '"timeNano":5, "timeNano":1732823451123456001' });
  const text = `{"Actor":{"Attributes":${trap}},"time":1732823451,"timeNano": 1732823451123456789}`;
  const event = parsed(text);
  keepNano(event, text);
  const made = copyNano(event, { ...event, from: "x node:node1" });
  expect(eventText(made)).toBe(
    `{"Actor":{"Attributes":${trap}},"time":1732823451,"timeNano":1732823451123456789,"from":"x node:node1"}`,
  );
  expect(nanoIn(text)).toBe("1732823451123456789");
});

test("an event without nanoseconds is written as it is", () => {
  const event = parsed('{"status":"pull","time":5}');
  keepNano(event, '{"status":"pull","time":5}');
  expect(eventText(copyNano(event, { ...event }))).toBe('{"status":"pull","time":5}');
  expect(eventText({ timeNano: 1_500_000_000 })).toBe('{"timeNano":1500000000}');
});
