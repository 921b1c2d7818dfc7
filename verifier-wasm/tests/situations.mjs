// Runs the vectors against a Verifier, in Node and in browsers: nothing here is of one platform.

const VERDICTS = {
  ok: "VALID",
  malformed: "MALFORMED",
  unsupported: "UNSUPPORTED",
  unknown_key: "UNKNOWN_KEY",
  bad_signature: "BAD_SIGNATURE",
  proof_required: "PROOF_REQUIRED",
};

export const bytes = (hex) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** A verifier that holds a bundle, and perhaps a status list, of `situations`. */
export function pair(Verifier, situations, bundle = "event", statusList = "hourly") {
  const verifier = new Verifier(bytes(situations.bundles[bundle]), bytes(situations.rootKey));
  if (statusList) {
    verifier.setStatusList(bytes(situations.statusLists[statusList]));
  }
  return verifier;
}

/** What is not as `ticket-gate/vectors/situations.json` says: one line each, none if all is well. */
export function differences(Verifier, situations) {
  const found = [];
  const compare = (name, actual, expected) => {
    if (canonical(actual) !== canonical(expected)) {
      found.push(`${name}: ${canonical(actual)}, expected ${canonical(expected)}`);
    }
  };
  for (const one of situations.judged) {
    compare(one.name, judge(Verifier, situations, one), one.answer);
  }
  for (const one of situations.scanned) {
    const verifier = pair(Verifier, situations, one.bundle, one.statusList);
    for (const { at, kind, count, answer } of one.steps) {
      const scan = verifier.scan(one.qr, { at, kind, count, device: "vectors" });
      const actual = {
        name: scan.name,
        remaining: scan.remaining,
        admissions: scan.admissions.length,
        recorded: scan.recorded !== null,
      };
      compare(`${one.name}, ${kind} at ${at}`, actual, answer);
    }
    verifier.free();
  }
  for (const one of situations.refused) {
    compare(one.name, refusal(Verifier, situations, one), one.code);
  }
  return found;
}

/** As `differences`, for a file of `ticket-token/vectors/`. */
export function tokenDifferences(Verifier, tokenBundles, tokens) {
  return tokens.cases.flatMap((one) => {
    const { claims } = one;
    const keys = one.keys.keys.map((key) => key.x);
    const wanted = JSON.stringify([claims?.event ?? 42, keys]);
    const setting = tokenBundles.bundles.find(
      (bundle) => JSON.stringify([bundle.event, bundle.keys]) === wanted,
    );
    const verifier = new Verifier(bytes(setting.bundle), tokenBundles.rootKey);
    const answer = verifier.verify(one.qr_text, { at: one.now * 1000 });
    verifier.free();
    // No scanner holds the secret of server tokens.
    const name = claims?.profile === "server" ? "ONLINE_REQUIRED" : VERDICTS[one.expect];
    const { event, serial, ticketType, expiresAt, holder } = answer;
    const expected = [name];
    const actual = [answer.name];
    if (serial !== null) {
      actual.push(event, serial, ticketType, expiresAt, holder ?? null);
      expected.push(claims.event, claims.serial, claims.ticket_type, claims.expires * 1000);
      expected.push(claims.holder ?? null);
    }
    return canonical(actual) === canonical(expected) ? [] : [`${one.name}: ${canonical(actual)}`];
  });
}

function judge(Verifier, situations, one) {
  const verifier = pair(Verifier, situations, one.bundle, one.statusList);
  if (one.checkins) {
    verifier.mergeCheckins(bytes(one.checkins));
  }
  const { at, count, tolerance, gate } = one;
  const answer = verifier.verify(one.qr, { at, count, tolerance, gate: gate ?? undefined });
  verifier.free();
  return answer;
}

function refusal(Verifier, situations, one) {
  const offered = bytes(one.bytes);
  const verifier = pair(Verifier, situations);
  const take = {
    bundle: () => new Verifier(offered, bytes(situations.rootKey)),
    update: () => verifier.update(offered),
    statusList: () => verifier.setStatusList(offered),
    checkins: () => verifier.mergeCheckins(offered),
  };
  try {
    take[one.what]();
    return "taken";
  } catch (error) {
    return error.code;
  } finally {
    verifier.free();
  }
}

/** JSON with the keys of objects in one order. */
function canonical(value) {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
