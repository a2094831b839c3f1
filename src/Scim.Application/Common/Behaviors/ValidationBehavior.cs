using FluentValidation;
using MediatR;
using Scim.Domain.Errors;

namespace Scim.Application.Common.Behaviors;

/// <summary>Refuses a request whose validators object, naming the field.</summary>
internal sealed class ValidationBehavior<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public async Task<TResponse> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TResponse> next
    )
    {
        foreach (var validator in validators)
        {
            var result = await validator.ValidateAsync(request, cancellationToken);
            if (result.Errors.Count > 0)
            {
                var failure = result.Errors[0];
                throw ScimError.InvalidValue($"{failure.PropertyName}: {failure.ErrorMessage}");
            }
        }

        return await next();
    }
}
