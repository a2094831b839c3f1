namespace Scim.Infrastructure.Persistence;

/// <summary>SQL with <c>$1</c> to <c>$n</c> as placeholders, on both databases.</summary>
internal readonly record struct Statement(string Sql, params Arg[] Args);

/// <summary>
/// What happened. Actor, request id and time come from the request; <paramref name="Change"/> is the minimal
/// before/after as JSON, which the journal row holds a salted digest of.
/// </summary>
internal sealed record JournalEntry(
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome = "success",
    string? Change = null,
    string? Detail = null,
    int Occurrences = 1
);

/// <summary>
/// One applied change and its journal row: all or nothing. When <paramref name="Head"/> affects no row, nothing else
/// happens. Each part is an <c>insert</c>, <c>update</c> or <c>delete</c> that reads <c>from head</c>, a relation with one
/// row and the column <c>id</c> whose value means nothing. Parts must not depend on one another's effects: PostgreSQL runs
/// all of them on one snapshot.
/// </summary>
internal sealed record Mutation(Statement Head, JournalEntry Journal, params Statement[] Parts);
