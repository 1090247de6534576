//go:build glovebox_plant

package store

// PlantRefund gives a job its price back, which takes three triggers away
// first. A test alone compiles this, to prove that others would notice.
func (tx *Tx) PlantRefund(job string) error {
	for _, q := range []string{
		`DROP TRIGGER ledger_only_grows`, `DROP TRIGGER charge_no_update`, `DROP TRIGGER charge_no_delete`,
		`UPDATE ledger SET spent_loss = spent_loss - (SELECT loss FROM charge WHERE charge.account = ledger.account AND job = ?1),
			spent_delta = spent_delta - (SELECT delta FROM charge WHERE charge.account = ledger.account AND job = ?1)
			WHERE account IN (SELECT account FROM charge WHERE job = ?1)`,
		`DELETE FROM charge WHERE job = ?1`,
	} {
		if _, err := tx.tx.ExecContext(tx.ctx, q, job); err != nil {
			return err
		}
	}
	return nil
}
