import { useEffect, useState } from 'react';

/** The value once it has stood still for `ms`: every question to the engine leaves a trace, so not one per key. */
export function useDebounced<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
