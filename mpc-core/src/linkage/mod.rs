//! Private record linkage: which rows of the sites are the same person, without anybody learning who is where.
//!
//! Every site ends with one number of rows and the row of each of its own people, in an order that is the same at all sites,
//! random, and new in every session. [`Method::Union`] gives everybody a row; a site then has zeros where it has nobody, and
//! no site learns which of its people are elsewhere. [`Method::Intersection`] gives rows to the people who are at all
//! sites, and so tells every site who they are.
//!
//! After Private-ID of two parties (Buddhavarapu, Knox, Mohassel, Sengupta, Taubeneck, Vlaskin, eprint 2020/599); its
//! extension in eprint 2021/770 is to several keys a person, not to several parties. The form for n parties is our own, and so is
//! the proof. The group is
//! Ristretto255. H is a random oracle into it, keyed by the session ([`Normalisation`] says of what). Site i has
//! a set X_i of identifiers and three secret exponents: a_i, b_i, and r_i, which it uses once.
//!
//! # The passes
//!
//! 0. The sites tell each other the sizes of their sets; all later lengths follow.
//! 1. *Sets.* Site i makes a_i H(X_i) and sends it round the ring i, i + 1, .., i - 1; each site raises it by its a. Site i - 1
//!    ends with A H(X_i), A the product of all a, and sends it to the *collector*, the first site of the query.
//! 2. *Rows.* The collector joins the sets, drops repeated elements (or keeps those that are in all sets), and tells all their
//!    number; where fewer people (and dummies) than the query's minimum are at all sites, it tells that instead, and linking
//!    ends. The list goes from the first site to the last; each raises it by its b. The last tells all the result, B A H(x)
//!    for the people with a row. Ascending, these elements are the rows.
//! 3. *Names*, beside the second pass. Site i sends r_i H(X_i) round the ring; each site raises it by a b and keeps its order.
//!    Site i raises what comes back by a_i b_i / r_i, and has B A H(x) for each of its own x: the row.
//!
//! **Order.** Each list of passes 1 and 2 is sorted by each site that has raised it. The order is then a function of the set, so
//! it says no more than the set: sorting *is* the shuffle that papers ask for at every hop, it needs no randomness, and
//! the receiver sees at once whether it was done and whether an element is repeated. The lists of pass 3 are sorted once,
//! by their owner, who alone knows whose each place is.
//!
//! **Why two exponents.** With one, the names of pass 3 are the elements that are compared in pass 1: the site that ends with
//! another's list would find its own people in it. Under a second exponent what is compared (A) and what is named (B A) are
//! different functions of the identifier. **Why the one-time exponent:** without it everybody could raise a_i b_i H(x) of a
//! list of names like its own.
//!
//! # Security
//!
//! *Semi-honest sites, up to n - 1 of which pool what they saw; decisional Diffie-Hellman in Ristretto255; random oracle.*
//!
//! Beyond its own rows, a site on its own learns
//!
//! - every site: the size of each site's set, and the number of rows, or that too few people are at all sites;
//! - the collector: also how many people are at exactly which sites, for each group of sites (the *regions*; numbers, not who).
//!
//! Sites that pool learn together at most the regions, where their own sets are not one each but known person by person: of
//! any of their people who are at the same of these sites, how many are at which others. For two sites the
//! collector learns no more than the other, as |X_1| + |X_2| - rows is the size of the intersection, which both see, unless
//! linking ends for too few people: then the collector alone knows how few. **A number
//! can be an answer about people:** where a region has nobody, or as many as it can, it tells that of each of its people.
//!
//! *Proof.* Let C be the sites that pool. Their exponents they can divide away, so all that C sees is elements s H(x), s a
//! product of exponents of the other sites, the honest ones. Replace, one honest exponent a after another, the map from P to a
//! P by a random function: who notices tells (P, a P), for many random points P, from pairs of random points, which
//! decisional Diffie-Hellman, being self-reducible, excludes. In the end *each product s is a random function of x, and
//! different products are independent*. So elements say something about each other only under the same product, and there
//! only whether they are the same. Under the products that there are, C sees:
//!
//! - *Some honest a, no b, no r* (pass 1): for each list that comes by with this product, the set of its elements, sorted by an
//!   honest site after it was raised; so how many elements such lists have in common, which the regions tell, and not whose they are,
//!   not even for lists of C. A site on its own gets each list with another product, and the collector all with the same.
//! - *All honest a, some b but not all* (pass 2): as many random elements as there are rows, sorted.
//! - *All honest a and b*: the rows, sorted, and those of C's own people by name: its output. The order of random values is a
//!   random order.
//! - *Some honest sites' whole a b* (pass 3): of its own people, by name; random, and under no product of passes 1 and 2 but
//!   the last.
//! - *With an r* (pass 3): as many random elements as that set has, in an order that says nothing, under this r alone.
//!
//! Each line can be made at random from the sizes, the regions, the number of rows and C's own places. For one site that is not the
//! collector the first line needs no regions.
//!
//! **Dummies** ([`Method::Union`]) make sizes, regions and the number of rows inexact: identifiers of nobody, common to all
//! sites, of which each site takes each or not by chance (`dummies.rs` has the figures).
//!
//! **Deviating sites** are not covered. What no honest site sends ends the session with an error that names peer and step: an
//! element that is not the canonical encoding of a point or the neutral one, lists of another length or order, repeated
//! elements, a site's own elements coming back to it or left unblinded, a number of rows that cannot be, rows without one's
//! own people. Rows and sizes go into the record that all sites compare at the end. But a site can bring identifiers of people
//! that it does not have, and even ask for other names than those of its set: for each guess, at most as many as its set is
//! large, it then sees whether that person is at any other site. Nothing here can notice that.
//!
//! # Cost
//!
//! Elements are 32 bytes; [`bytes_by_site`] is exact. With three sites of m people and U rows a site hashes m identifiers, raises
//! 7 m + U elements and decodes 7 m + 2 U (the collector 9 m + 2 U, as it tests what it compares). 2 n + 2 rounds.
//! `cargo run --release --locked -p mpc-core --example linkage` measures.

mod blind;
mod cost;
mod dummies;
mod link;
mod lists;
mod method;
mod normalise;
mod own;
mod refusal;
#[cfg(test)]
mod tests;

pub use cost::{bytes_by_site, rounds};
pub use link::{Limits, link};
pub use method::Method;
pub use normalise::{Identifier, IdentifierFault, Normalisation};

/// A common order of rows, as one site sees it. Which of its people have which row is nobody else's business, so this is not
/// printed.
pub struct Linked {
    /// Number of rows, the same at all sites.
    pub rows: usize,
    /// The row of each of the site's people, in the order in which they were given: of all people for a union, of those at
    /// all sites for an intersection.
    pub places: Vec<Option<u32>>,
    /// The size of the smallest site's set: no more people can be at all sites.
    pub smallest: usize,
}
