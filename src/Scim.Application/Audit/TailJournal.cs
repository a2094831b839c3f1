using FluentValidation;
using Scim.Application.Common;

namespace Scim.Application.Audit;

/// <summary>A tenant's journal rows in the order of their sequence, from <paramref name="From"/> on.</summary>
public sealed record TailJournal(string TenantSlug, long From = 0, int Limit = 1000)
    : IQuery<IReadOnlyList<JournalLine>>;

public sealed record JournalLine(
    long Sequence,
    DateTimeOffset OccurredAt,
    string Actor,
    string RequestId,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string? Detail,
    int Occurrences
);

internal sealed class TailJournalValidator : AbstractValidator<TailJournal>
{
    public TailJournalValidator()
    {
        RuleFor(x => x.TenantSlug).NotEmpty();
        RuleFor(x => x.Limit).InclusiveBetween(1, 10_000);
    }
}
