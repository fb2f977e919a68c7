import React from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { OutputFields } from './OutputFields';

test('a query is made live by a switch, and leaves nothing behind when it is switched off', async () => {
  const onChange = jest.fn();
  const { rerender } = render(<OutputFields value={{ legend: '{{pod}}' }} onChange={onChange} />);
  await userEvent.click(screen.getByLabelText('Live'));
  expect(onChange).toHaveBeenLastCalledWith({ legend: '{{pod}}', live: true });
  rerender(<OutputFields value={{ legend: '{{pod}}', live: true }} onChange={onChange} />);
  await userEvent.click(screen.getByLabelText('Live'));
  expect(onChange).toHaveBeenLastCalledWith({ legend: '{{pod}}', live: undefined });
});
