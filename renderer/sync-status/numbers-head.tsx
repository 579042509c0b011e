/** The head of a table that says of each row two numbers. */
export function NumbersHead({ row, numbers }: { readonly row: string; readonly numbers: readonly [string, string] }) {
  return (
    <thead>
      <tr>
        <th scope="col">{row}</th>
        {numbers.map((number) => (
          <th key={number} scope="col" className="number">
            {number}
          </th>
        ))}
      </tr>
    </thead>
  );
}
