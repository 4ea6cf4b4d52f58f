//! This side's members: each gets a code by a way that does not pass through the platform, another one when it is lost, and
//! their devices can be reset.
//!
//! A code is shown once, in a file that is written when it is made; the agent keeps its key, sealed. Deliberately absent:
//! removing a member, whose rights follow from the lists of each box.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use hengping_domain::enrolment::Code;
use hengping_domain::ids::BoxId;
use hengping_domain::token::TokenKind;
use hengping_ports::random;
use serde::Deserialize;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::private;
use crate::store::said::Deed;
use crate::store::{marks, members as rows, said};

/// Characters of a number or a name.
const LONGEST: usize = 100;

/// A row of the association's list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Row {
    number: String,
    name: String,
}

/// A member with the code that is to reach them.
#[derive(Debug)]
pub struct NewMember {
    /// Member number.
    pub number: String,
    /// Name.
    pub name: String,
    /// To be printed once.
    pub code: Code,
}

/// The name under which the key of a member's code is sealed.
pub(crate) fn code_key_of(number: &str) -> String {
    format!("hengping/agent/v1|code|{number}")
}

/// Reads `number,name` with a heading; every row is good, or none is taken.
fn read(source: impl Read) -> Result<Vec<Row>, AgentError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for record in reader.deserialize::<Row>() {
        let line = |record: Option<&csv::Position>| record.map_or(1, csv::Position::line);
        let row = record
            .map_err(|error| AgentError::MalformedMember { line: line(error.position()), reason: "number,name" })?;
        let malformed = |reason| AgentError::MalformedMember { line: rows.len() as u64 + 2, reason };
        // A spreadsheet would take such a cell of the code list for a formula.
        let plain = |text: &str| {
            let formula = text.starts_with(['=', '+', '-', '@']);
            !text.is_empty() && text.chars().count() <= LONGEST && !formula && !text.chars().any(char::is_control)
        };
        if !plain(&row.number) || !plain(&row.name) {
            return Err(malformed("empty, too long, or not plain text"));
        }
        if !seen.insert(row.number.clone()) {
            return Err(malformed("number twice"));
        }
        rows.push(row);
    }
    Ok(rows)
}

impl Agent {
    /// Gives a code to every member of the list who has none; members that are known keep theirs.
    ///
    /// # Errors
    /// [`AgentError::MalformedMember`]: then nobody is taken.
    pub fn add_members(&self, source: impl Read) -> Result<Vec<NewMember>, AgentError> {
        self.add_then(source, |_| Ok(()))
    }

    /// As [`Agent::add_members`], and writes `number,name,code` to a new file before anybody is taken: a code that was not
    /// written down would be lost.
    ///
    /// # Errors
    /// [`AgentError::Exists`] when the file is there already.
    pub fn import_members(&self, source: impl Read, codes: &Path) -> Result<usize, AgentError> {
        let mut written = false;
        let outcome = self.add_then(source, |members| {
            private::write_new(codes, &code_list(members)?)?;
            written = true;
            Ok(())
        });
        if outcome.is_err() && written {
            // These codes open nothing.
            let _ = std::fs::remove_file(codes);
        }
        outcome.map(|members| members.len())
    }

    fn add_then(
        &self,
        source: impl Read,
        before: impl FnOnce(&[NewMember]) -> Result<(), AgentError>,
    ) -> Result<Vec<NewMember>, AgentError> {
        let rows = read(source)?;
        self.store.decide(|conn| {
            let mut members = Vec::new();
            for Row { number, name } in rows {
                let code = Code::from_random(random(&*self.entropy)?);
                let key = self.unlocked.master.seal(&code_key_of(&number), &code.key().0.0, &*self.entropy)?;
                if rows::add(conn, &number, &name, &key)? {
                    members.push(NewMember { number, name, code });
                }
            }
            before(&members)?;
            Ok(members)
        })
    }

    /// Gives a member another code and writes `number,name,code` to a new file before the old one dies. Devices that are
    /// enrolled stay; the code is for boxes in which none is, or in which it was reset.
    ///
    /// # Errors
    /// [`AgentError::UnknownMember`], [`AgentError::Exists`] when the file is there already: then the old code holds.
    pub fn renew_code(&self, number: &str, codes: &Path) -> Result<(), AgentError> {
        let mut written = false;
        let outcome = self.store.decide(|conn| {
            let name = rows::name(conn, number)?.ok_or_else(|| AgentError::UnknownMember(number.to_owned()))?;
            let code = Code::from_random(random(&*self.entropy)?);
            let key = self.unlocked.master.seal(&code_key_of(number), &code.key().0.0, &*self.entropy)?;
            rows::set_code_key(conn, number, &key)?;
            said::note(conn, self.clock.today(), &Deed::Code { member: number.to_owned() })?;
            private::write_new(codes, &code_list(&[NewMember { number: number.to_owned(), name, code }])?)?;
            written = true;
            Ok(())
        });
        if outcome.is_err() && written {
            // This code opens nothing.
            let _ = std::fs::remove_file(codes);
        }
        outcome
    }

    /// Lets another device of a member be enrolled in a box; what was issued stays marked, and the key given up cannot come
    /// back. Returns whether tokens were issued: then a device with another seed gets none in this box, because a second nym
    /// would be a second rater.
    ///
    /// # Errors
    /// [`AgentError::NothingToReset`].
    pub fn reset_member(&self, number: &str, id: &BoxId) -> Result<bool, AgentError> {
        self.store.decide(|conn| {
            if !rows::reset(conn, id, number)? {
                return Err(AgentError::NothingToReset(number.to_owned()));
            }
            said::note(conn, self.clock.today(), &Deed::Reset { member: number.to_owned() })?;
            Ok(marks::find(conn, id, TokenKind::Nym, number)?.is_some())
        })
    }
}

fn code_list(members: &[NewMember]) -> Result<Vec<u8>, AgentError> {
    let failed = |error: &dyn std::fmt::Display| AgentError::Internal(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["number", "name", "code"]).map_err(|error| failed(&error))?;
    for NewMember { number, name, code } in members {
        writer.write_record([number.as_str(), name, &code.to_string()]).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}
