//! In which order tickets come upon the positions of sheets.

use super::{Imposition, Order};

/// The indexes of tickets in the order in which they have to be added; see
/// [`Imposition::adding_order`].
#[derive(Clone, Debug)]
pub struct AddingOrder {
    /// The next sheet and the next position on it.
    next: (usize, usize),
    sheets: usize,
    positions: usize,
    tickets: usize,
    is_stacked: bool,
}

impl AddingOrder {
    pub(super) fn of(imposition: &Imposition, tickets: usize) -> Self {
        Self {
            next: (0, 0),
            sheets: imposition.sheets(tickets),
            positions: imposition.positions(),
            tickets,
            is_stacked: matches!(imposition.order, Order::Stacks { .. }),
        }
    }
}

impl Iterator for AddingOrder {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let (sheet, position) = self.next;
            if sheet >= self.sheets {
                return None;
            }
            self.next = if position + 1 < self.positions {
                (sheet, position + 1)
            } else {
                (sheet + 1, 0)
            };
            let ticket = if self.is_stacked {
                stacked(sheet, position, self.sheets)
            } else {
                sheet
                    .saturating_mul(self.positions)
                    .saturating_add(position)
            };
            if ticket < self.tickets {
                return Some(ticket);
            }
        }
    }
}

/// Which ticket stands at a position of a sheet, so that the piles lie in order after cutting: those
/// of the first position first, from the top sheet down.
pub(in crate::pdf) fn stacked(sheet: usize, position: usize, sheets: usize) -> usize {
    position.saturating_mul(sheets).saturating_add(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length::{Length, Size};

    fn check(order: Order, tickets: usize, expected: &[usize]) {
        let sheet = Size {
            width: Length::mm(210),
            height: Length::mm(297),
        };
        let imposition = Imposition {
            order,
            ..Imposition::new(sheet, 2, 2)
        };
        let found: Vec<usize> = imposition.adding_order(tickets).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn stacks_lie_in_order_after_cutting() {
        let stacks = |tickets| Order::Stacks { tickets };
        check(stacks(8), 8, &[0, 2, 4, 6, 1, 3, 5, 7]);
        // Two sheets of four positions, of which the last of the second is blank.
        check(stacks(7), 7, &[0, 2, 4, 6, 1, 3, 5]);
        // Three sheets; the piles of positions 0 to 2 are full, and there is none of position 3.
        check(stacks(9), 9, &[0, 3, 6, 1, 4, 7, 2, 5, 8]);
        check(stacks(1), 1, &[0]);
        check(stacks(0), 0, &[]);
    }

    #[test]
    fn other_orders_take_tickets_as_they_come() {
        check(Order::Rows, 5, &[0, 1, 2, 3, 4]);
        check(Order::Columns, 3, &[0, 1, 2]);
    }

    #[test]
    fn every_ticket_comes_once() {
        for tickets in 0..60 {
            let sheet = Size {
                width: Length::mm(210),
                height: Length::mm(297),
            };
            let imposition = Imposition {
                order: Order::Stacks { tickets },
                ..Imposition::new(sheet, 3, 5)
            };
            let mut found: Vec<usize> = imposition.adding_order(tickets).collect();
            found.sort_unstable();
            assert!(found.into_iter().eq(0..tickets));
        }
    }
}
